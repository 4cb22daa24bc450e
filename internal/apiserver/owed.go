// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about what is owed, what alarms, and what is said in public.

import (
	"strconv"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *server) board(c call) (api.Board, error) { return s.shelf.Board(c.ctx(), c.who) }

func (s *server) pledges(c call) ([]warning.KeptPledge, error) {
	return s.shelf.Pledges(c.ctx(), c.who)
}

func (s *server) pledge(c call, in api.NewPledge) (warning.KeptPledge, error) {
	pledge, err := s.outbox.Pledge(c.ctx(), c.who, in.Partner, in.Pledge)
	return warning.KeptPledge{Pledge: pledge, Partner: in.Partner, Ours: true}, err
}

func (s *server) endPledge(c call, in api.EndPledge) (warning.KeptPledge, error) {
	return s.outbox.EndPledge(c.ctx(), c.who, c.id(), in.Reason)
}

func (s *server) watches(c call) ([]warning.Watch, error) { return s.shelf.Watches(c.ctx(), c.who) }

func (s *server) setWatch(c call, in warning.Watch) (warning.Watch, error) {
	return s.desk.SetWatch(c.ctx(), c.who, in)
}

func (s *server) endWatch(c call, in api.EndWatch) (warning.Watch, error) {
	return s.desk.EndWatch(c.ctx(), c.who, c.id(), in.Reason)
}

func (s *server) duties(c call) ([]warning.Duty, error) {
	all, err := yes(c, "all")
	if err != nil {
		return nil, err
	}
	return s.shelf.Duties(c.ctx(), c.who, all)
}

func (s *server) duty(c call) (warning.Duty, error) { return s.shelf.Duty(c.ctx(), c.who, c.id()) }

// changed answers with a duty as whoever changed it is shown it.
func (s *server) changed(c call) func(warning.Duty, error) (warning.Duty, error) {
	return func(duty warning.Duty, err error) (warning.Duty, error) {
		if err != nil {
			return duty, err
		}
		return s.shelf.ChangedDuty(c.ctx(), c.who, duty)
	}
}

func (s *server) openDuty(c call, in api.NewDuty) (warning.Duty, error) {
	return s.changed(c)(s.desk.OpenDuty(c.ctx(), c.who, warning.Duty{
		Partner: in.Partner, Title: in.Title, Precedence: in.Precedence, Subject: in.Subject, ToLife: in.ToLife, AcquiredAt: in.AcquiredAt,
	}))
}

func (s *server) assess(c call, in warning.Assessment) (warning.Duty, error) {
	return s.changed(c)(s.desk.Assess(c.ctx(), c.who, c.id(), in))
}

func (s *server) addToDuty(c call, in warning.Addition) (warning.Duty, error) {
	return s.changed(c)(s.desk.AddToDuty(c.ctx(), c.who, c.id(), in))
}

func (s *server) inquiries(c call) ([]warning.KeptInquiry, error) {
	return s.shelf.Inquiries(c.ctx(), c.who)
}

func (s *server) inquiry(c call) (warning.KeptInquiry, error) {
	return s.shelf.Inquiry(c.ctx(), c.who, c.id())
}

func (s *server) inquire(c call, in api.NewInquiry) (warning.KeptInquiry, error) {
	return s.outbox.Inquire(c.ctx(), c.who, in.Partner, in.Inquiry)
}

func (s *server) answerInquiry(c call, _ nothing) (warning.KeptInquiry, error) {
	q, err := s.outbox.AnswerInquiry(c.ctx(), c.who, c.id())
	if err != nil {
		return q, err
	}
	return s.shelf.ChangedInquiry(c.ctx(), c.who, q)
}

func (s *server) rota(c call) (warning.Rota, error) { return s.shelf.Rota(c.ctx(), c.who) }

func (s *server) setRota(c call, in api.Rota) (warning.Rota, error) {
	return s.desk.SetRota(c.ctx(), c.who, in.People)
}

func (s *server) decide(c call, in api.Decide) (warning.Duty, error) {
	return s.changed(c)(s.desk.Decide(c.ctx(), c.who, c.id(), warning.Decision{
		Choice: in.Choice, Ground: in.Ground, Justification: in.Justification, Until: in.Until, Seen: in.Seen,
	}))
}

func (s *server) affirm(c call, in api.Affirm) (warning.Duty, error) {
	return s.changed(c)(s.desk.Affirm(c.ctx(), c.who, c.id(), in.Affirmed, in.Seen))
}

func (s *server) alarms(c call) ([]warning.Alarm, error) {
	all, err := yes(c, "all")
	if err != nil {
		return nil, err
	}
	return s.shelf.Alarms(c.ctx(), c.who, all)
}

func (s *server) dismiss(c call, in api.Dismiss) (warning.Alarm, error) {
	return s.desk.Dismiss(c.ctx(), c.who, c.id(), in.Reason)
}

func (s *server) statements(c call) ([]warning.Statement, error) {
	return s.shelf.Statements(c.ctx(), c.who)
}

func (s *server) writeStatement(c call, in warning.Statement) (warning.Statement, error) {
	return s.desk.WriteStatement(c.ctx(), c.who, in)
}

func (s *server) statement(c call) (warning.Statement, error) {
	return s.shelf.Statement(c.ctx(), c.who, c.id())
}

func (s *server) clearStatement(c call, in api.ClearStatement) (warning.Statement, error) {
	return s.desk.ClearStatement(c.ctx(), c.who, c.id(), in.Seen)
}

func (s *server) cap(c call) ([]byte, error) { return s.shelf.CAP(c.ctx(), c.who, c.id()) }

// number reads a whole number of the query; zero if it is not there.
func number(c call, name string) (int64, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, invalid("use a whole number", name+" is not a number")
	}
	return n, nil
}

// yes reads true or false of the query; false if it is not there.
func yes(c call, name string) (bool, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, invalid("use true or false", name+" is neither true nor false")
	}
	return value, nil
}

func invalid(hint, text string) error { return problem.New(problem.Invalid, hint, "%s", text) }
