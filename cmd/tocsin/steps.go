// SPDX-License-Identifier: Apache-2.0

package main

// This file makes next steps that can be pasted: they repeat which node was
// meant and who asked, as the command line said it.

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// oneOfEach refuses a command line that names two nodes, or two who ask.
func (t *tool) oneOfEach(c *cobra.Command, given func(string) bool) error {
	if c.Name() != "init" && given("dir") && given("address") {
		return usage("say --dir for a node of this machine, or --address for one of another", "--dir and --address name two nodes")
	}
	if (given("token") || given("token-file")) && given("as") {
		return usage("say --as NAME for a person, or --token-file FILE for a tool", "--as and a token name two who ask")
	}
	return nil
}

// remember keeps what the command line said of the node and of who asks.
func (t *tool) remember(given func(string) bool) {
	if given("dir") {
		t.repeat.node = " --dir " + quoted(t.dir)
	} else if given("address") {
		t.repeat.node = " --address " + quoted(t.address)
	}
	if t.ca != fromEnv("TOCSIN_CA", "") {
		t.repeat.node += " --ca " + quoted(t.ca)
	}
	if given("as") {
		t.repeat.who = " --as " + quoted(t.as)
	}
}

// partnerSays begins a command that somebody types at the partner's node.
const partnerSays = "who says: "

// commandWords finds in a text a command of ours: who asks, if it says so, and the verb.
var commandWords = regexp.MustCompile(`\btocsin( --as \S+)? ([a-z]+)\b`)

// step repeats in each command of a text which node and who, if the command
// asks a node at all. What an administrator must do is not asked in the name of
// somebody else.
func (t *tool) step(text string) string {
	if strings.Contains(text, "--dir ") || strings.Contains(text, "--address ") {
		return text
	}
	// What a partner says, the partner's node is asked.
	if before, after, theirs := strings.Cut(text, partnerSays); theirs {
		command, rest, _ := strings.Cut(after, ";")
		return t.step(before) + partnerSays + command + strings.TrimSuffix(";"+t.step(rest), ";")
	}
	return commandWords.ReplaceAllStringFunc(text, func(found string) string {
		words := commandWords.FindStringSubmatch(found)
		who, verb := words[1], words[2]
		if !slices.Contains(nodeCommands, verb) {
			return found
		}
		if who == "" && !slices.Contains([]string{"person", "token", "taxii", "invite", "accept", "overseer", "recover"}, verb) {
			who = t.repeat.who
		}
		return "tocsin" + t.repeat.node + who + " " + verb
	})
}

// nodeCommands are the commands that ask a node.
var nodeCommands = []string{
	"status", "card", "person", "token", "signout", "invite", "accept", "partner", "freeze", "unfreeze", "source", "warn", "case", "acknowledge", "ask", "reply",
	"outcome", "thank", "dispute", "recall", "recalls", "affirm", "note", "permission", "policy", "trace", "retention", "assurance", "duty", "pledge", "reciprocity", "watch", "alarm", "statement", "receipt", "message", "ledger", "taxii", "carry", "voice", "say", "heard", "keys", "dossier", "reads", "redress", "overseer", "recover",
}

// plainWord is what a shell takes as it stands.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoted is a word as a shell takes it for one.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
