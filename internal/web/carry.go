// SPDX-License-Identifier: Apache-2.0

package web

// This file carries by hand from a browser: a file for a partner is saved, said to
// be on a disk, and a file of a partner is taken.

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// CarryBy lets the pages hand out and take the files that are carried by hand.
func CarryBy(c *courier.Courier) Option {
	return func(s *site) { s.courier = c }
}

func (s *site) carryRoutes(mux *http.ServeMux) {
	if s.courier == nil {
		return
	}
	mux.Handle("GET /carry", s.page(func(v *visit) error { return s.carry(v, nil) }))
	mux.Handle("POST /carry", s.page(s.carryIn))
	mux.Handle("GET /carry/{name}", s.page(s.carryTo))
	mux.Handle("POST /carry/{name}", s.post("carry", s.carryOut, s.carryTo))
	mux.Handle("POST /carry/{name}/{file}/rest", s.post("rest", s.carryRest, s.carryTo))
	mux.Handle("POST /carry/{name}/{file}/written", s.post("written", s.carryWritten, s.carryTo))
}

// carries reports whether files can be carried by pages.
func (v *visit) carries() bool { return v.site != nil && v.site.courier != nil }

func errNoForm(err error) error {
	return problem.New(problem.Invalid, "go back and send it again", "the form could not be read").Because(err)
}

func errNoFile(field string) error {
	return problem.New(problem.Invalid, "choose it, and send the form again", "no file was chosen").With(field + ": choose the file")
}

// carry shows what waits to be carried, and what came of a file that was taken.
func (s *site) carry(v *visit, taken *api.CarriedIn) error {
	if err := v.who.May(caller.CarryIn); err != nil {
		return err
	}
	partners, err := s.shelf.Partners(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "carry"
	return v.show("Carry by hand", carryPage(v, partners, taken))
}

// carryIn takes a partner's file as it comes, however large it is.
func (s *site) carryIn(v *visit) error {
	if err := v.who.May(caller.CarryIn); err != nil {
		return err
	}
	var taken api.CarriedIn
	err := v.uploaded("file", func(file io.Reader) (err error) {
		taken, err = s.hear.CarryIn(v.r.Context(), v.who, file, s.courier.TakeReceipts)
		return err
	})
	if err == nil {
		return s.carry(v, &taken)
	}
	if v.r.Context().Err() != nil {
		return err
	}
	v.explain(err)
	v.form = "take"
	if again := s.carry(v, nil); again != nil {
		return err
	}
	return nil
}

// carryTo shows the files that were made for a partner, and offers to make one.
func (s *site) carryTo(v *visit) error {
	if err := v.who.May(caller.CarryOut); err != nil {
		return err
	}
	partner, err := s.shelf.Partner(v.r.Context(), v.who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	files, err := s.shelf.CarryFiles(v.r.Context(), v.who, partner.Name)
	if err != nil {
		return err
	}
	recovery, err := s.shelf.Recovery(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "carry"
	return v.show("Carry to "+partner.Name, carryToPage(v, partner, files, recovery))
}

// carryOut hands out a file. It counts as carried when somebody has said that it is
// on a disk: a browser does not.
func (s *site) carryOut(v *visit) (string, error) {
	in, name := v.input(), v.r.PathValue("name")
	ask := api.CarryOut{MaxSize: in.size("max_size", api.MinCarrySize), OneWay: in.bool("one_way"), Again: in.text("again")}
	if err := in.err(); err != nil {
		return shown, err
	}
	file := v.carryFile(name)
	_, err := s.courier.CarryOut(v.r.Context(), v.who, name, ask, file.begin, file)
	return shown, besideField("again", file.ended(err))
}

// carryRest hands out the file that follows another, with what did not fit.
func (s *site) carryRest(v *visit) (string, error) {
	name := v.r.PathValue("name")
	file := v.carryFile(name)
	_, err := s.courier.CarryRest(v.r.Context(), v.who, name, v.r.PathValue("file"), file.begin, file)
	return shown, file.ended(err)
}

func (v *visit) carryFile(partner string) *outflow {
	return v.outflow(fmt.Sprintf("%s-for-%s-%s.carry", v.node.Name, partner, v.now.Format("20060102-150405")), api.CarryType)
}

func (s *site) carryWritten(v *visit) (string, error) {
	err := s.courier.CarryWritten(v.r.Context(), v.who, v.r.PathValue("file"))
	return "/carry/" + v.r.PathValue("name") + "?done=written", err
}

// carriedWords says what is in a file that was made.
func carriedWords(f api.CarryFile) string {
	var words []string
	if f.Asks {
		words = append(words, "the question what they hold of this node")
	}
	if f.Answers {
		words = append(words, "what this node holds of them")
	}
	switch {
	case f.Messages == 1:
		words = append(words, fmt.Sprintf("message no. %d", f.First))
	case f.Messages > 1:
		words = append(words, fmt.Sprintf("%d messages, no. %d to %d", f.Messages, f.First, f.Last))
	}
	if f.Receipts > 0 {
		words = append(words, plural(f.Receipts, "receipt", "receipts"))
	}
	if len(words) == 0 {
		return "the answer to an invitation"
	}
	return strings.Join(words, ", ")
}

// toCarry says what waits to be carried to a partner; empty if nothing does.
func toCarry(p api.PartnerLine) string {
	var words []string
	if !p.Asks.IsZero() {
		words = append(words, "what we hold of it, which it asks for")
	}
	if p.Queued > 0 {
		words = append(words, plural(p.Queued, "message", "messages"))
	}
	if p.CarryBack > 0 {
		words = append(words, plural(p.CarryBack, "receipt", "receipts"))
	}
	return strings.Join(words, ", ")
}
