// SPDX-License-Identifier: Apache-2.0

package main

// This file reads other TAXII servers and adds to them, without a node.

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// elsewhere is another server, as flags say it.
type elsewhere struct {
	credentials
	collection string
}

// client makes a client for the server at an address. What it does that it
// should not is told beside the output.
func (e *elsewhere) client(t *tool, address string) (*taxiiclient.Client, error) {
	if err := e.read(t); err != nil {
		return nil, err
	}
	options := taxiiclient.Options{
		Credentials: taxiiclient.Credentials{User: e.user, Password: e.password, Token: e.bearer}, UserAgent: "tocsin/" + version(),
		Remark: func(r taxiiclient.Remark) { fmt.Fprintf(t.errs, "remark: %s\n", plain(withoutPackage(r.Text))) },
	}
	if e.certificate != "" {
		pair, err := tls.X509KeyPair([]byte(e.certificate), []byte(e.key))
		if err != nil {
			return nil, usage("give both as PEM, the key without a passphrase", "the client certificate and its key cannot be used together")
		}
		options.Credentials.Certificate = &pair
	}
	if e.authority != "" {
		options.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		if !options.TLS.RootCAs.AppendCertsFromPEM([]byte(e.authority)) {
			return nil, usage("give it as PEM", "%s holds no certificate", e.authorityFile)
		}
	}
	client, err := taxiiclient.New(address, options)
	if err != nil {
		return nil, usage("write it as https://taxii.example.org/root/", "%s", strings.TrimPrefix(err.Error(), "taxiiclient: "))
	}
	return client, nil
}

// open is the collection that the flags name, at an address of an API root.
func (e *elsewhere) open(ctx context.Context, t *tool, address string) (*taxiiclient.Collection, error) {
	if err := noCollection(address); err != nil {
		return nil, err
	}
	client, err := e.client(t, address)
	if err != nil {
		return nil, err
	}
	root, err := client.RootAt(ctx, address)
	if err != nil {
		return nil, e.notAnswered(err)
	}
	return root.Collection(e.collection)
}

// noCollection refuses the address of a collection or of what is in it: it is the
// API root that is named, and the collection beside it. TAXII 2.1 §5.2
func noCollection(address string) error {
	root, rest, found := strings.Cut(address, "/collections/")
	if !found {
		return nil
	}
	name, _, _ := strings.Cut(rest, "/")
	if name == "" {
		return usage("say "+root+"/", "%s is no API root, but its list of collections", address)
	}
	return usage("say "+root+"/ --collection "+name, "%s is no API root, but a collection", address)
}

// shown is what the server was shown, in words; empty if nothing.
func (e *elsewhere) shown() string {
	switch {
	case e.user != "":
		return "this name and password"
	case e.bearer != "":
		return "this token"
	case e.certificate != "":
		return "this certificate"
	}
	return ""
}

// notAnswered makes of an error of the client one with a next step.
func (e *elsewhere) notAnswered(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	text := withoutPackage(err.Error())
	var answered *taxiiclient.Error
	if errors.As(err, &answered) && answered.Message.ErrorCode == api.CodeReason {
		return trouble("denied", "say why to that node, and ask again: tocsin reads why "+answered.Message.Details["subject"]+" --reason TEXT", "%s", text)
	}
	switch status := taxiiclient.StatusOf(err); {
	case status == 401 && e.shown() != "":
		return trouble("denied", "check them, or ask the server's administrator for new ones", "the server does not take %s: %d", e.shown(), status)
	case status == 401:
		return trouble("denied", "say --user and --password-file, --bearer-file, or --client-cert and --client-key", "%s", text)
	case status == 403:
		return trouble("denied", "ask the server's administrator for the right to do this", "%s", text)
	case status == 404:
		return trouble("missing", "see what is there: tocsin taxii get URL", "%s", text)
	case errors.Is(err, taxiiclient.ErrNoDefault):
		return usage("give the address of an API root", "%s", text)
	case errors.Is(err, taxiiclient.ErrAnswer):
		return trouble("answer", "check the address: a TAXII 2.1 server must answer there", "%s", text)
	case errors.Is(err, taxiiclient.ErrOrigin):
		return trouble("elsewhere", "give that address, if you trust it with your credentials", "%s", text)
	}
	var unverified *tls.CertificateVerificationError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return trouble("unreachable", "it speaks plain HTTP: say http:// in place of https://, which is for this machine alone", "%s", text)
	case errors.As(err, &unverified):
		return trouble("untrusted", "if an authority of its own vouches for the server, say --ca FILE: its certificate, PEM", "%s", text)
	}
	var stuck *taxiiclient.StuckError
	if errors.As(err, &stuck) {
		return trouble("stuck", "tell the server's administrator; what came before is good", "%s", text)
	}
	return trouble("unreachable", "check the address and try again", "%s", text)
}

func (t *tool) taxiiGetCommand() *cobra.Command {
	var from elsewhere
	var filter struct {
		ids, types, versions, specs []string
		after                       string
		page                        int
	}
	var object, output string
	var lines, manifest, versions bool
	c := t.command("get URL", "read another TAXII server: what it is, or the objects of a collection", func(ctx context.Context, args []string) (err error) {
		if from.collection == "" {
			return t.lookAround(ctx, &from, args[0])
		}
		query := url.Values{}
		for name, values := range map[string][]string{"match[id]": filter.ids, "match[type]": filter.types, "match[version]": filter.versions, "match[spec_version]": filter.specs} {
			if len(values) > 0 {
				query.Set(name, strings.Join(values, ","))
			}
		}
		if filter.after != "" {
			after, _, err := parseTime(filter.after, false)
			if err != nil {
				return usage("write the time in one of these forms", "--added-after: %v", err)
			}
			query.Set("added_after", taxii.FormatTime(after))
		}
		asked, err := taxii.ParseFilter(query)
		if err != nil {
			return usage("see tocsin taxii get --help", "%s", withoutPackage(err.Error()))
		}
		asked.Limit = filter.page
		collection, err := from.open(ctx, t, args[0])
		if err != nil {
			return err
		}
		out, done, err := writing(output, t.out)
		if err != nil {
			return err
		}
		defer func() { err = done(err) }()
		switch {
		case manifest:
			return printItems(t, &from, out, collection.Manifest(ctx, asked), func(r taxii.ManifestRecord) string { return r.DateAdded + " " + r.ID + " " + r.Version })
		case versions:
			return printItems(t, &from, out, collection.Versions(ctx, object, asked), func(v string) string { return v })
		case object != "":
			return t.printObjects(&from, out, collection.Object(ctx, object, asked), lines)
		}
		return t.printObjects(&from, out, collection.Objects(ctx, asked), lines)
	})
	c.Long = `Read another TAXII server, without a node. URL is the server's discovery
(https://taxii.example.org/taxii2/) or one of its API roots.

Without --collection it says what the server is and which collections it has. With it,
it prints the objects, as one bundle or with --lines each on a line of its own, in the
order in which they were added. Pages are followed to the end. What the server does
that is not as the standard says is told on the standard error.

Exit status 0: all is there; 1: the server failed, refused, or sent an object that
cannot be read; 2: the command line or a file is wrong.

  tocsin taxii get https://taxii.example.org/root/ --collection shared \
    --user siem --password-file siem.password --added-after 2026-01-01 -o shared.json`
	c.PreRunE = func(c *cobra.Command, args []string) error {
		if c.Flags().Changed("page") && filter.page < 1 {
			return usage("say how many, from 1 on", "--page %d is no number of objects", filter.page)
		}
		if versions && object == "" {
			return usage("say which: --object ID", "versions are those of one object")
		}
		if from.collection == "" && (object != "" || manifest) {
			return usage("say which: --collection ID", "there are objects in collections only")
		}
		return nil
	}
	flags := c.Flags()
	flags.StringVar(&from.collection, "collection", "", "read this collection, by id or alias")
	flags.StringVar(&object, "object", "", "only the object of this id")
	flags.BoolVar(&manifest, "manifest", false, "not the objects, but when each was added")
	flags.BoolVar(&versions, "versions", false, "not the object, but which versions there are")
	flags.StringSliceVar(&filter.ids, "id", nil, "only objects of these ids")
	flags.StringSliceVar(&filter.types, "type", nil, "only objects of these types")
	flags.StringSliceVar(&filter.versions, "version", nil, "which versions: all, first, last, or a time")
	flags.StringSliceVar(&filter.specs, "spec-version", nil, "only objects of these versions of STIX")
	flags.StringVar(&filter.after, "added-after", "", "only what was added to the collection later")
	flags.IntVar(&filter.page, "page", 0, "how many objects to ask for at once")
	flags.StringVarP(&output, "output", "o", "", "write to this file")
	flags.BoolVar(&lines, "lines", false, "write no bundle but each object on a line of its own")
	from.flags(flags)
	return c
}

// around is what a server has, for programs.
type around struct {
	Discovery *taxii.Discovery `json:"discovery,omitempty"`
	Roots     []rootAround     `json:"roots"`
}

type rootAround struct {
	URL         string             `json:"url"`
	Root        *taxii.APIRoot     `json:"root,omitempty"`
	Collections []taxii.Collection `json:"collections"`
	Problem     string             `json:"problem,omitempty"`
}

// lookAround says what a server, or one API root, has.
func (t *tool) lookAround(ctx context.Context, from *elsewhere, address string) error {
	if err := noCollection(address); err != nil {
		return err
	}
	client, err := from.client(t, address)
	if err != nil {
		return err
	}
	found := around{Roots: []rootAround{}}
	roots := []string{address}
	if taxiiclient.IsDiscovery(address) {
		discovery, err := client.Discovery(ctx)
		if err != nil {
			return from.notAnswered(err)
		}
		found.Discovery, roots = &discovery, discovery.APIRoots
	}
	for _, at := range roots {
		one, err := lookInto(ctx, client, at)
		if err != nil && len(roots) == 1 {
			return from.notAnswered(err)
		}
		found.Roots = append(found.Roots, one)
	}
	return t.show(found, func(p *page) {
		if found.Discovery != nil {
			p.line("%s", found.Discovery.Title)
			p.field("about", found.Discovery.Description)
			p.field("contact", found.Discovery.Contact)
			p.field("default", found.Discovery.Default)
		}
		for _, root := range found.Roots {
			root.print(p)
		}
	})
}

// lookInto asks an API root what it is and has.
func lookInto(ctx context.Context, client *taxiiclient.Client, at string) (one rootAround, err error) {
	one = rootAround{URL: at, Collections: []taxii.Collection{}}
	defer func() {
		if err != nil {
			one.Problem = withoutPackage(err.Error())
		}
	}()
	root, err := client.Root(at)
	if err != nil {
		return one, err
	}
	information, err := root.Information(ctx)
	if err != nil {
		return one, err
	}
	one.Root = &information
	collections, err := root.Collections(ctx)
	one.Collections = append(one.Collections, collections...)
	return one, err
}

func (r rootAround) print(p *page) {
	p.line("%s", r.URL)
	if r.Root != nil {
		p.field("title", r.Root.Title)
		p.field("about", r.Root.Description)
		p.field("takes", fmt.Sprintf("%d bytes at once", r.Root.MaxContentLength))
	}
	if r.Problem != "" {
		p.line("  %s", r.Problem)
		return
	}
	if len(r.Collections) == 0 {
		p.line("  no collection")
		return
	}
	p.row("  id", "alias", "title", "read", "write")
	for _, c := range r.Collections {
		p.row("  "+plain(c.ID), c.Alias, c.Title, yesNo(c.CanRead), yesNo(c.CanWrite))
	}
}

// printObjects writes objects as they come. One that cannot be read is named
// beside the output, and does not end it.
func (t *tool) printObjects(from *elsewhere, out io.Writer, objects func(func(stix.Object, error) bool), lines bool) error {
	w := &bundleWriter{out: out, sum: sha256.New(), lines: lines}
	broken := 0
	for object, err := range objects {
		var one *stix.ObjectError
		switch {
		case errors.As(err, &one):
			broken++
			fmt.Fprintf(t.errs, "object %d cannot be read: %s\n", one.Index, plain(unreadable(cause(err))))
			continue
		case err != nil:
			if !w.begun { // a bundle of nothing would pass for an answer
				return from.notAnswered(err)
			}
			// What came is kept: the bundle is ended, and then it is said.
			return errors.Join(from.notAnswered(err), w.end())
		}
		if err := w.write(object); err != nil {
			return err
		}
	}
	if err := w.end(); err != nil {
		return err
	}
	if broken > 0 {
		return exitWith(exitNo)
	}
	return nil
}

// printItems writes a line for each item: JSON for programs.
func printItems[T any](t *tool, from *elsewhere, out io.Writer, items func(func(T, error) bool), line func(T) string) error {
	for item, err := range items {
		if err != nil {
			return from.notAnswered(err)
		}
		text := plain(line(item))
		if t.json {
			raw, err := json.Marshal(item)
			if err != nil {
				return err
			}
			text = string(raw)
		}
		if _, err := fmt.Fprintln(out, text); err != nil {
			return err
		}
	}
	return nil
}

// put is what became of objects that were added, for programs.
type put struct {
	Total     int                  `json:"total"`
	Succeeded int                  `json:"succeeded"`
	Failed    int                  `json:"failed"`
	Pending   int                  `json:"pending"`
	Failures  []taxii.StatusDetail `json:"failures"`
}

func (t *tool) taxiiPutCommand() *cobra.Command {
	var to elsewhere
	c := t.command("put URL FILE…", "add the objects of files to a collection of another TAXII server", func(ctx context.Context, args []string) error {
		if err := needed("--collection", to.collection, "ID; see tocsin taxii get "+args[0]); err != nil {
			return err
		}
		collection, err := to.open(ctx, t, args[0])
		if err != nil {
			return err
		}
		broken, old := 0, "" // the latter a file with STIX 2.0
		added, err := collection.Add(ctx, func(yield func(stix.Object, error) bool) {
			for _, path := range args[1:] {
				if !t.yieldFile(path, &broken, func(object stix.Object, err error) bool {
					if err == nil && old == "" && stix.VersionOf(object) == "2.0" {
						old = quoted(path)
					}
					return yield(object, err)
				}) {
					return
				}
			}
		})
		var file *os.PathError
		if err != nil && !errors.As(err, &file) && !errors.Is(err, stix.ErrBundle) {
			err = to.notAnswered(err)
		}
		result := put{added.Total, added.Succeeded, added.Failed, added.Pending, append([]taxii.StatusDetail{}, added.Failures...)}
		if err != nil && result.Total == 0 {
			return err
		}
		shown := t.show(result, func(p *page) {
			p.line("%s: %d taken, %d refused, %d pending", many(result.Total, "object"), result.Succeeded, result.Failed, result.Pending)
			for _, failure := range result.Failures {
				p.line("  %s %s: %s", failure.ID, failure.Version, withoutPackage(failure.Message))
			}
			if old != "" && result.Failed > 0 {
				p.next("there is STIX 2.0 among them; make it 2.1: tocsin stix upgrade %s", old)
			}
		})
		switch {
		case err != nil || shown != nil:
			return errors.Join(err, shown)
		case broken > 0:
			return exitWith(exitUsage)
		case result.Failed > 0:
			return exitWith(exitNo)
		}
		return nil
	})
	c.Long = `Add objects to a collection of another TAXII server, without a node. FILE is a
bundle, a single object or JSON lines; - is the standard input. Objects are sent byte
for byte, in as many parts as the server asks for, and each part is followed until the
server has come to its end. All of it can be sent again: what is there is no failure.

Exit status 0: all is there; 1: the server failed, or refused an object; 2: a file, or
an object in one, cannot be read.

  tocsin taxii put https://taxii.example.org/root/ new.json --collection shared \
    --user siem --password-file siem.password`
	c.Flags().StringVar(&to.collection, "collection", "", "add to this collection, by id or alias")
	to.flags(c.Flags())
	return c
}

// yieldFile yields the objects of a file; those that cannot be read it counts.
func (t *tool) yieldFile(path string, broken *int, yield func(stix.Object, error) bool) bool {
	file, err := t.open(path)
	if err != nil {
		yield(stix.Object{}, err)
		return false
	}
	defer file.Close()
	for object, err := range stix.ReadFile(file, nil) {
		var one *stix.ObjectError
		if errors.As(err, &one) {
			*broken++
			fmt.Fprintf(t.errs, "%s: object %d cannot be read: %s\n", plain(path), one.Index, plain(unreadable(cause(err))))
			continue
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		if !yield(object, err) || err != nil {
			return false
		}
	}
	return true
}
