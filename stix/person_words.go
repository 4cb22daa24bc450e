// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the words by which names of groups, functions and systems are
// told from those of persons.

import "strings"

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

var (
	// particles stand within names of persons, in small letters.
	particles = wordSet(`van von der den de del della di da dos du la le el al bin ibn bint abu ben ter ten zu zur af av y e i`)

	// ofGroups are words that make a name one of a group: what groups call
	// themselves, and what those who track them name them after.
	ofGroups = wordSet(`group groups gang gangs crew team teams squad cell syndicate cartel collective alliance union army brigade battalion legion front force forces division network
		organization organisation corp corporation company ltd inc gmbh llc agency bureau directorate ministry service services unit department institute operation operators actor actors cluster campaign
		hackers hacker hacking anonymous security cyber crime ransomware locker malware botnet spam leaks leak market framework tribe trooper troopers staff
		state nation people's peoples republic islamic national international revolutionary liberation movement party club league society brotherhood sons
		bear panda kitten spider spiders jackal leopard tiger buffalo chollima crane wolves hawk lynx ocelot saiga sphinx falcon eagle dragon serpent snake viper vivern cobra scorpion scorpius
		lizard rat mouse worm hound dog puma jaguar panther caracal hydra phoenix kraken raven crow owl bat squid shark whale dolphin turtle gecko mantis hornet wasp beetle locust ant
		typhoon blizzard sandstorm sleet tempest tsunami flood storm hail dust cyclone lightning thunder breeze hurricane
		taurus libra ursa serpens pisces draco virgo aquila lepus`)

	// leading are words with which names of groups begin, and which are the last of
	// many a person.
	leading = wordSet(`the dark black white red blue green grey gray gold golden bronze iron cobalt nickel tin aluminum aluminium zinc copper silver steel titanium
		shadow ghost phantom silent night moon star fire ice earth water venom poison evil fancy cozy zero`)

	// ofFunctions make a displayed name one of a function or a body.
	ofFunctions = wordSet(`support service services helpdesk help desk office team group info information security admin administrator administration administrators noreply reply donotreply notification notifications
		newsletter news alert alerts billing invoice invoices payment payments accounts accounting sales marketing hr jobs careers press media contact webmaster postmaster hostmaster abuse soc cert csirt noc
		department ministry agency bank university school hospital police court council customs tax revenue insurance customer customers client clients store shop delivery parcel shipping
		ltd limited inc gmbh ag llc corp corporation company foundation association institute center centre system systems server service-desk bot mailer daemon list mailing forum guest user users everyone all staff`)

	// systemLogins are accounts that systems bring along.
	systemLogins = wordSet(`root system administrator administrateur guest nobody daemon bin sys sync games man lp mail news uucp proxy www-data www backup list irc gnats apache nginx httpd postgres mysql oracle mssql
		sshd ftp anonymous operator halt shutdown adm nfsnobody systemd-network systemd-resolve messagebus localsystem localservice networkservice defaultaccount wdagutilityaccount krbtgt
		admin sa ec2-user ubuntu debian centos vagrant pi test jenkins git docker 0`)

	// mispPersons are templates of MISP objects that are persons, mispPersonal types
	// of MISP attributes that say who one is.
	mispPersons  = wordSet(`person employee identity-card passport victim-person individual missing-person suspect`)
	mispPersonal = wordSet(`first-name middle-name last-name full-name date-of-birth passport-number visa-number redress-number identity-card-number frequent-flyer-number
		passenger-name-record-locator-number target-user whois-registrant-name`)
)
