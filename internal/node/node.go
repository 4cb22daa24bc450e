// SPDX-License-Identifier: Apache-2.0

// Package node is one node, wired from its directory: the only place that sees
// every room.
//
// Open reads as the story of a node coming to life, from the keys to the
// doors; Run is its day; when the day ends it closes the doors first, lets the
// trips finish, and the store last.
package node

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/apiserver"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/feeds"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/peerserver"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/internal/taxiiserver"
	"github.com/tocsin-exchange/tocsin/internal/web"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// Node is one organisation's server.
type Node struct {
	log     *slog.Logger
	dir     string
	config  Config
	options Options
	ring    *keys.Ring
	file    *keyFile

	Store   *store.Store
	Desk    *desk.Desk
	Intake  *intake.Intake
	Outbox  *outbox.Outbox
	Courier *courier.Courier
	Inbox   *inbox.Inbox
	Shelf   *shelf.Shelf
	Feeds   *feeds.Feeds

	keeper  *keeper.Keeper
	peers   *peerserver.Doors
	quiet   *sparse
	handler http.Handler
}

// Options are what a start says beside the directory. The zero value listens
// in plain HTTP on loopback.
type Options struct {
	TLSCert, TLSKey string   // files: own certificate
	ACME            []string // domains: a certificate from an ACME authority
	BehindProxy     bool     // a proxy in front ends TLS
	Version         string
	Passphrase      Passphrase // asked if the key file is sealed

	// Listener and Transport replace the network; tests give pipes.
	Listener  net.Listener
	Transport http.RoundTripper
}

// Open wires the node in dir. It refuses to serve in plain HTTP beyond
// loopback, and a store that another process has open or whose log is not the
// one that was signed.
func Open(log *slog.Logger, dir string, options Options) (*Node, error) {
	config, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	if err := options.check(config); err != nil {
		return nil, err
	}
	undo, err := config.undo()
	if err != nil {
		return nil, err
	}
	ring, file, err := readKeys(dir, options.Passphrase)
	if err != nil {
		return nil, err
	}
	kept, err := openStore(log, dir, ring, file, config.Address)
	if err != nil {
		return nil, err
	}
	policy, err := readPolicy(dir)
	if err == nil {
		err = begin(context.Background(), dir, kept)
	}
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	card := ring.Card(config.Address)
	quiet := newSparse(log.Handler())
	log = slog.New(quiet)
	n := &Node{log: log, quiet: quiet, dir: dir, config: config, options: options, ring: ring, file: file, Store: kept}

	// The trips. They meet in the store and do not know each other.
	n.Desk = desk.New(log, kept, card)
	n.Intake = intake.New(log, kept)
	if err := n.Intake.Settle(context.Background()); err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	n.Outbox = outbox.New(log, kept, ring).WithKeyFile(file, config.Address).WithUndo(undo)
	n.Inbox = inbox.New(log, kept, ring, card)
	n.Inbox.Bound(config.Quota)
	n.Inbox.Judge(n.Outbox.JudgeAnew)
	n.Desk.Judge(n.Outbox.JudgeFor)
	n.Shelf = shelf.New(log, kept, card, options.Version).SignWith(ring.SignDossier)
	n.Courier = courier.New(log, kept, ring, n.client(), config.Address)
	n.keeper = keeper.New(log, kept)
	n.Inbox.Require(policy)
	n.Courier.Witnesses(policy)
	n.Courier.Standing(n.Inbox)
	n.Courier.JudgeBy(n.Outbox)
	n.keeper.Require(policy)
	n.Feeds = feeds.New(log, kept, ring, n.connect, options.Version)
	books := new(match.Books)
	n.Intake.Share(books)
	n.Inbox.Share(books)
	n.Feeds.Share(books)

	// The doors. They translate, and open nothing but the trips.
	mux := http.NewServeMux()
	n.peers = peerserver.New(log, n.Inbox)
	mux.Handle("/peer/", n.peers)
	mux.Handle("/witness/", n.peers)
	mux.Handle("/api/", apiserver.New(log, n.Desk, n.Outbox, n.Intake, n.Shelf, n.Feeds, apiserver.Carrier{Out: n.Courier, In: n.Inbox}, n.Backup))
	stixDoor := taxiiserver.New(log, n.Desk, n.Shelf, n.Intake)
	mux.Handle("/taxii2/", stixDoor)
	mux.Handle("/taxii2", stixDoor) // no redirect, which some clients follow without their credentials
	mux.Handle("/", web.New(log, n.Desk, n.Outbox, n.Intake, n.Inbox, n.Shelf, n.Feeds, append(options.web(), web.CarryBy(n.Courier), web.BackUpBy(n.Backup))...))
	n.handler = mux
	return n, nil
}

// web says how the people's door is reached. Behind a stated proxy, whoever
// connects is the proxy.
func (o Options) web() []web.Option {
	if !o.BehindProxy {
		return nil
	}
	return []web.Option{web.BehindProxy(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))}
}

// alive finds out whether a connection still leads anywhere: a partner that moved,
// or whose machine died, says nothing, and without this every post would be put on
// the same dead connection until the system gives it up, a quarter of an hour later.
var alive = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 10 * time.Second}

// client posts to partners: no redirects, which could lead a delivery to
// somebody else, and no cookies.
func (n *Node) client() *http.Client {
	transport := n.options.Transport
	if transport == nil {
		transport = &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute, IdleConnTimeout: 2 * time.Minute,
			MaxIdleConnsPerHost: 2, ForceAttemptHTTP2: true, Proxy: http.ProxyFromEnvironment, HTTP2: alive,
		}
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// connect makes the clients of feeds.
func (n *Node) connect(address string, options taxiiclient.Options) (*taxiiclient.Client, error) {
	options.Transport = n.options.Transport
	return taxiiclient.New(address, options)
}

// Address is the base URL of the node.
func (n *Node) Address() string { return n.config.Address }

// Card is the node's public card as it is now.
func (n *Node) Card() envelope.Card { return n.ring.Card(n.config.Address) }

// Run serves until ctx ends, then closes everything in order. It returns nil
// if it ended because ctx did.
func (n *Node) Run(ctx context.Context) error {
	listener, err := n.listen()
	if err != nil {
		return errors.Join(err, n.Close())
	}
	// Streams of events last as long as the day does, no longer.
	day, dusk := context.WithCancel(context.WithoutCancel(ctx))
	defer dusk()
	server := n.server(day)
	trips, stopTrips := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTrips()
	group, failed := errgroup.WithContext(trips)
	for _, run := range []func(context.Context) error{n.Outbox.Run, n.Outbox.RunKeys, n.Outbox.RunRecovery, n.Outbox.RunDays, n.recover, n.Inbox.Run, n.Courier.Run, n.keeper.Run, n.Feeds.Run, n.parted, n.quiet.Run} {
		group.Go(func() error { return run(failed) })
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	n.log.Info("serving", "node", n.config.Name, "address", n.config.Address, "listen", listener.Addr().String())

	select {
	case <-ctx.Done():
	case <-failed.Done():
	case err = <-served:
		err = fmt.Errorf("node: serving: %w", err)
	}
	dusk()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if shutdownErr := server.Shutdown(stop); shutdownErr != nil {
		_ = server.Close() // who has not finished by now is cut off
	}
	stopTrips()
	return errors.Join(err, group.Wait(), n.Close())
}

// server serves the doors; streams end with the day.
func (n *Node) server(day context.Context) *http.Server {
	return &http.Server{
		Handler: soon(n.handler), BaseContext: func(net.Listener) context.Context { return day },
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ConnContext: n.peers.Conn, ConnState: n.peers.ConnState,
		ErrorLog: stdlog.New(serverLines{n.log}, "", 0),
	}
}

// parted closes the connections of partners who are expelled.
func (n *Node) parted(ctx context.Context) error { return n.Inbox.Parted(ctx, n.peers.Part) }

// recover asks partners what they hold of a node that was restored.
func (n *Node) recover(ctx context.Context) error { return n.Inbox.Recover(ctx, n.Courier.Ask) }

// Close closes the store of a node that is not running.
func (n *Node) Close() error { return n.Store.Close() }
