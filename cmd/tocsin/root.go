// SPDX-License-Identifier: Apache-2.0

package main

// This file is the command line's front page: every command in its group, and
// what to do first.

import (
	"context"
	"errors"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const frontPage = `tocsin carries threat warnings between services that do not fully trust each
other, and proves what was sent, what was received and what came of it.

First steps
  tocsin demo                                     see the whole story on two nodes
  tocsin init --dir DIR --name NAME --country CC  make a node
  tocsin serve --dir DIR                          run it
  tocsin status --dir DIR                         see what it waits for
  tocsin person add NAME --role analyst           add somebody, who then says
  tocsin signin LINK                              and from then on --as NAME
  tocsin invite                                   begin with a partner

Two people release a warning
  tocsin --as NAME warn compose FILE              write it
  tocsin --as NAME warn preview DRAFT             see exactly what would leave
  tocsin --as NAME warn release DRAFT --preview HASH     each of the two

Every command has --help, and --json for programs. Set TOCSIN_DIR and TOCSIN_AS
instead of repeating --dir and --as.`

const filesPage = `Files are YAML or JSON, with the same names. Times are written as 2026-12-31,
"2026-12-31 15:04Z" or 2026-12-31T15:04:05Z.

A warning, for tocsin warn compose FILE:

  warning:
    target:
      kind: event             # person, group, institution, place_of_business,
      name: Winter market     # structure, location, event
      place: {country: NO, region: NO-46, city: Bergen}
      nationalities: [NO]
    threat_type: mass_casualty_attack
    window: {start: 2026-12-18, end: 2026-12-20, fidelity: day}
    method: explosives
    precedence: IMMEDIATE     # FLASH, IMMEDIATE, PRIORITY, ROUTINE
    probability: likely       # how probable it is, in a word of ICD 203
    confidence: moderate      # how good the basis is: low, moderate, high
    grade: B2
    handling: {tlp: "TLP:AMBER+STRICT", codes: [H1], caveats: [sanitised]}
    purpose: prevention of threats to life
    review: 2027-12-31
    recommended_action: Guard the market.
    threat_actor: A cell of four
    recipients: [berit]       # with TLP:RED alone: for whom it is, by name or title
    persons:                  # at most ten; for nobody, unless persons_to says so
      - name: Jan Example
        role: suspect         # suspect, convicted, victim, witness, contact, other
        statement_kind: assessment  # fact, assessment, claim_of_source
        text: Said to have bought the van.
        reason: Without the name the van cannot be found.
        minor: false          # a minor takes a third person's approval; so does,
        # special_categories: [health]       where it is written
  persons_to: [bravo]         # whose copies name them
  source: source--…           # stays at home
  duty: duty--…               # which it answers; stays at home
  releasable_to: [bravo]
  releases:
    bravo: |
      The text for bravo, and for nobody else.

What can be left out: window, method, grade, recommended_action, threat_actor,
persons, source, duty. STIX objects are attached by --stix FILE. In handling, pap
is PAP:CLEAR to PAP:RED, codes are H0 to H3, with note where H3 is among them, and
caveats are originator_control, display_only, no_court_use, no_dissemination,
no_action_without_consent, sanitised, life_saving_exception. docs/handling.md says
in words what each means.

A source report, for tocsin source keep FILE; a field is held back from every
release unless it says open: true:

  title: A cell plans an attack
  fields:
    - {name: report, text: "What was heard, and how."}
    - {name: summary, text: "What may be said.", open: true}
  target: {kind: event, name: Winter market, place: {country: NO}}
  threat_type: mass_casualty_attack
  window: {start: 2026-12-18, end: 2026-12-20, fidelity: day}
  precedence: IMMEDIATE
  handling: {tlp: "TLP:RED"}

Terms of a channel, for tocsin invite --terms FILE and tocsin partner terms:

  legal_basis: Agreement of 2026
  purposes: [prevention of threats to life]
  retention_days: 365
  retention_by_purpose: {prevention of threats to life: 180}   # may be left out
  onward: not beyond the recipient without the originator's permission
  overseers: {alpha: "Inspector General"}                      # may be left out
  overseer_is_third_party: false
  identifiers_per_recipient: true
  review: 2027-12-31

A statement, for tocsin statement write FILE:

  event: Attack prevented in Bergen
  headline: Attack prevented
  text: What we say in public.
  areas: [Bergen]
  urgency: Past               # urgency, severity and certainty in the words of CAP
  severity: Severe
  certainty: Observed`

// root is the whole command line.
func (t *tool) root() *cobra.Command {
	var root *cobra.Command
	root = &cobra.Command{
		Use: "tocsin", Short: "carry threat warnings between wary partners, with proof", Long: frontPage,
		SilenceErrors: true, SilenceUsage: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(root, args[0], "see tocsin help", "there is no command %q")
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetHelpCommand(t.helpCommand())
	root.Version = version()
	root.SetVersionTemplate("tocsin {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		var flag *pflag.InvalidValueError
		if errors.As(err, &flag) && flag.GetFlag().Value.Type() == "duration" {
			return usage("write a number and its unit, such as 5m or 1h30m", "--%s: %q is no length of time", flag.GetFlag().Name, flag.GetValue())
		}
		return usage("see "+c.CommandPath()+" --help", "%s", firstLine(err.Error()))
	})
	t.globalFlags(root)
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"node", "The node", []*cobra.Command{t.initCommand(), t.serveCommand(), t.statusCommand(), t.cardCommand(), t.keysCommand(), t.backupCommand(), t.restoreCommand(), t.recoverCommand(), t.demoCommand()}},
		{"people", "Who works here", []*cobra.Command{t.personCommand(), t.overseerCommand(), t.signInCommand(), t.signOutCommand(), t.tokenCommand()}},
		{"partners", "Partners", []*cobra.Command{t.inviteCommand(), t.acceptCommand(), t.partnerCommand(), t.freezeCommand(), t.unfreezeCommand()}},
		{"warn", "Warn", []*cobra.Command{t.sourceCommand(), t.warnCommand(), t.policyCommand(), t.traceCommand()}},
		{"answer", "Hear and answer", []*cobra.Command{
			t.caseCommand(), t.noteCommand(), t.acknowledgeCommand(), t.askCommand(), t.replyCommand(), t.outcomeCommand(), t.thankCommand(), t.disputeCommand(),
			t.recallCommand(), t.recallsCommand(), t.permissionCommand(), t.affirmCommand(),
		}},
		{"carry", "By hand and by voice", []*cobra.Command{t.carryCommand(), t.voiceCommand(), t.sayCommand(), t.heardCommand()}},
		{"owe", "What is owed", []*cobra.Command{t.dutyCommand(), t.pledgeCommand(), t.reciprocityCommand(), t.watchCommand(), t.alarmCommand()}},
		{"keep", "What is kept, and who answers for it", []*cobra.Command{t.retentionCommand(), t.assuranceCommand(), t.readsCommand(), t.redressCommand()}},
		{"public", "In public", []*cobra.Command{t.statementCommand()}},
		{"proof", "Proof", []*cobra.Command{t.receiptCommand(), t.messageCommand(), t.dossierCommand(), t.ledgerCommand(), t.verifyCommand()}},
		{"read", "Read and connect", []*cobra.Command{t.readCommand(), t.stixCommand(), t.taxiiCommand(), t.detectCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.id
			root.AddCommand(command)
		}
	}
	root.AddCommand(t.versionCommand(), &cobra.Command{Use: "files", Short: "how the files look that commands read", Long: filesPage})
	return root
}

func (t *tool) globalFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.StringVar(&t.dir, "dir", fromEnv("TOCSIN_DIR", ""), "the node's directory, on this machine (or TOCSIN_DIR)")
	flags.StringVar(&t.as, "as", fromEnv("TOCSIN_AS", ""), "speak as this person, who has signed in from here (or TOCSIN_AS)")
	flags.StringVar(&t.address, "address", fromEnv("TOCSIN_ADDRESS", ""), "the node's address, on another machine (or TOCSIN_ADDRESS)")
	flags.StringVar(&t.ca, "ca", fromEnv("TOCSIN_CA", ""), "a file with who vouches for the node, PEM, if not one of the system's authorities (or TOCSIN_CA)")
	flags.StringVar(&t.token, "token", "", "a token to speak with (better TOCSIN_TOKEN or --token-file: others can see a command line)")
	flags.StringVar(&t.tokenFile, "token-file", "", "a file that holds the token (or TOCSIN_TOKEN_FILE)")
	flags.StringVar(&t.reason, "reason", "", "why you open it, where something asks: a case that is TLP:RED or names persons")
	flags.BoolVar(&t.json, "json", false, "print JSON")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		// What the command line says comes before what the environment says.
		given := func(name string) bool { return c.Flags().Changed(name) }
		if err := t.oneOfEach(c, given); err != nil {
			return err
		}
		t.remember(given)
		if given("dir") && !given("address") {
			t.address = ""
		}
		if !given("token") && !given("token-file") && !given("as") {
			t.token, t.tokenFile = os.Getenv("TOCSIN_TOKEN"), os.Getenv("TOCSIN_TOKEN_FILE")
		}
		return nil
	}
}

// helpCommand tells of a command, and refuses one that is none.
func (t *tool) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "what a command does",
		RunE: func(c *cobra.Command, args []string) error {
			found, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				name := args[0]
				if len(rest) > 0 {
					name = rest[0]
				}
				if found == nil {
					found = c.Root()
				}
				return unknownCommand(found, name, "see "+found.CommandPath()+" --help", found.CommandPath()+" has no command %q")
			}
			return found.Help()
		},
	}
}

func (t *tool) versionCommand() *cobra.Command {
	return t.command("version", "which tocsin this is", func(context.Context, []string) error {
		return t.show(map[string]string{"version": version()}, func(p *page) { p.line("tocsin %s", version()) })
	})
}

// release is what the Makefile's build says it was made from.
var release string

// version is what the build was made from.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	if text == "" || text == "(devel)" {
		text = "devel"
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
				text += " " + setting.Value[:12]
			}
		}
	}
	return text
}
