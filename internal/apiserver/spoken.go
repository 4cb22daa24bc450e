// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about what is said and heard by voice.

import "github.com/tocsin-exchange/tocsin/api"

func (s *server) shareVoice(c call, _ nothing) (api.Partner, error) {
	return s.seen(c, c.id(), s.outbox.ShareVoice(c.ctx(), c.who, c.id()))
}

func (s *server) speak(c call, in api.Speak) (api.Spoken, error) {
	return s.outbox.Speak(c.ctx(), c.who, c.id(), in.Text)
}

func (s *server) readBack(c call, in api.ReadBack) (nothing, error) {
	return nothing{}, s.outbox.ReadBack(c.ctx(), c.who, c.id(), in.Code)
}

func (s *server) heard(c call, in api.Hear) (api.Heard, error) {
	return s.carry.In.Heard(c.ctx(), c.who, in.Lines)
}

func (s *server) heardList(c call) ([]api.Heard, error) {
	return s.carry.In.HeardList(c.ctx(), c.who)
}

func (s *server) oneHeard(c call) (api.Heard, error) {
	return s.carry.In.OneHeard(c.ctx(), c.who, c.id())
}
