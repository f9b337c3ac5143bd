// A real HashiCorp Vault for tests: in-memory storage, KV 1 and 2, six kinds of login, nothing else. It listens on free ports
// of this machine, prints its addresses, one a line, and ends when its standard input closes.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/credential/cert"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	"github.com/hashicorp/vault/helper/namespace"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// builtin answers which plugins this binary has.
type builtin map[consts.PluginType]map[string]logical.Factory

var plugins = builtin{
	consts.PluginTypeCredential: {"approle": approle.Factory, "cert": cert.Factory, "jwt": jwt.Factory, "oidc": jwt.Factory,
		"kubernetes": kubernetes.Factory, "userpass": userpass.Factory},
	consts.PluginTypeSecrets: {"kv": kv.Factory},
}

func (b builtin) Contains(name string, kind consts.PluginType) bool { return b[kind][name] != nil }
func (b builtin) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	return func() (interface{}, error) { return b[kind][name], nil }, b.Contains(name, kind)
}
func (b builtin) Keys(kind consts.PluginType) (names []string) {
	for name := range b[kind] {
		names = append(names, name)
	}
	return names
}
func (b builtin) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, b.Contains(name, kind)
}
func (builtin) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func main() {
	withTLS := flag.Bool("tls", false, "listen for HTTPS, too, where clients may show a certificate")
	certFile := flag.String("cert", "", "certificate for -tls")
	keyFile := flag.String("key", "", "its key")
	standby := flag.Bool("standby", false, "a second server on the same storage, a standby")
	root := flag.String("root-token", "", "initialise, unseal and use this root token; empty: leave the server uninitialised")
	flag.Parse()
	go endWithInput()

	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Error})
	storage, err := inmem.NewInmemHA(nil, logger)
	must(err)
	listener := listen()
	core := start(storage, listener, *standby, logger)
	if *root != "" {
		key := initialise(core, *root)
		if *standby {
			address := listen()
			second := start(storage, address, true, logger)
			_, err := second.Unseal(key)
			must(err)
			serve("standby http", second, address)
		}
	}
	if *withTLS {
		pair, err := tls.LoadX509KeyPair(*certFile, *keyFile)
		must(err)
		serve("https", core, tls.NewListener(listen(), &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}))
	}
	serve("http", core, listener)
	select {}
}

// endWithInput ends the program when whoever started it is gone.
func endWithInput() {
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	return listener
}

// serve prints the address first: a connection waits until it is taken.
func serve(what string, core *vault.Core, listener net.Listener) {
	handler := handler(core, listener.Addr().String())
	go func() { must(http.Serve(listener, handler)) }()
	fmt.Printf("%s://%s\n", what, listener.Addr())
}

func start(storage physical.Backend, listener net.Listener, ha bool, logger hclog.Logger) *vault.Core {
	config := &vault.CoreConfig{Physical: storage, StorageType: "inmem", Logger: logger, DisableMlock: true, RedirectAddr: "http://" + listener.Addr().String(),
		CredentialBackends: plugins[consts.PluginTypeCredential], LogicalBackends: plugins[consts.PluginTypeSecrets], BuiltinRegistry: plugins}
	if ha {
		config.HAPhysical = storage.(physical.HABackend)
	}
	core, err := vault.NewCore(config)
	must(err)
	return core
}

func handler(core *vault.Core, address string) http.Handler {
	return vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: core, ListenerConfig: &configutil.Listener{Address: address}})
}

// initialise unseals the core, makes a token of the given name and returns the unseal key.
func initialise(core *vault.Core, root string) []byte {
	ctx := context.Background()
	done, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}})
	must(err)
	key := append([]byte{}, done.SecretShares[0]...)
	_, err = core.Unseal(done.SecretShares[0])
	must(err)
	request := &logical.Request{ID: "root", Operation: logical.UpdateOperation, ClientToken: done.RootToken, Path: "auth/token/create",
		Data: map[string]interface{}{"id": root, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true}}
	for wait := 0; wait < 200; wait++ { // until the core is active
		response, err := core.HandleRequest(namespace.RootContext(ctx), request)
		if err == nil && !response.IsError() {
			return key
		}
		time.Sleep(50 * time.Millisecond)
	}
	log.Fatal("the core does not become active")
	return nil
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
