// SPDX-License-Identifier: Apache-2.0

package stix_test

// This file tests what names a person: every type of STIX 2.1, and every property
// of one in which somebody may be named.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/stix"
)

func TestNamesPerson(t *testing.T) {
	for _, test := range []struct{ object, want string }{
		// Identities: what does not say that it is none may be a person. STIX 2.1 §4.5
		{`{"type":"identity","name":"Kim Lee","identity_class":"individual"}`, "name Kim Lee"},
		{`{"type":"identity","name":"Kim Lee","identity_class":" Individual"}`, "name Kim Lee"},
		{`{"type":"identity","name":"Kim Lee"}`, "name Kim Lee"},
		{`{"type":"identity","name":"Kim Lee","identity_class":"unknown"}`, "name Kim Lee"},
		{`{"type":"identity","name":"Kim Lee","identity_class":"unspecified"}`, "name Kim Lee"},
		{`{"type":"identity","name":"Kim Lee","identity_class":["group"]}`, "name Kim Lee"},
		{`{"type":"identity"}`, "name "},
		{`{"type":"identity","name":"Harvey Lines","identity_class":"organization"}`, ""},
		{`{"type":"identity","name":"Harvey Lines","identity_class":"Organization"}`, ""},
		{`{"type":"identity","name":"Dockers","identity_class":"group"}`, ""},
		{`{"type":"identity","name":"Mail gateway","identity_class":"system"}`, ""},
		{`{"type":"identity","name":"Pharmacists","identity_class":"class"}`, ""},

		// Threat actors: real names, not what groups and handles are called. §4.17
		{`{"type":"threat-actor","name":"Ivan Petrov"}`, "name Ivan Petrov"},
		{`{"type":"threat-actor","name":"Ivan PETROV","threat_actor_types":["criminal"]}`, "name Ivan PETROV"},
		{`{"type":"threat-actor","name":"Jan van der Berg"}`, "name Jan van der Berg"},
		{`{"type":"threat-actor","name":"Иван Петров"}`, "name Иван Петров"},
		{`{"type":"threat-actor","name":"محمد العلي"}`, "name محمد العلي"},
		{`{"type":"threat-actor","name":"王小明"}`, "name 王小明"},
		{`{"type":"threat-actor","name":"J. R. O'Neill-Example"}`, "name J. R. O'Neill-Example"},
		{`{"type":"threat-actor","name":"James Black"}`, "name James Black"},
		{`{"type":"threat-actor","name":"d4rkbyte","aliases":["Ivan Petrov","ipx"]}`, "aliases Ivan Petrov"},
		{`{"type":"threat-actor","name":"d4rkbyte","resource_level":"individual"}`, "name d4rkbyte"},
		{`{"type":"threat-actor","name":"night clerk","threat_actor_types":["insider-disgruntled"]}`, "name night clerk"},
		{`{"type":"threat-actor","name":"d4rkbyte"}`, ""},
		{`{"type":"threat-actor","name":"Petrov"}`, ""}, // one word is what a handle is
		{`{"type":"threat-actor","name":"Fancy Bear"}`, ""},
		{`{"type":"threat-actor","name":"Volt Typhoon"}`, ""},
		{`{"type":"threat-actor","name":"Lazarus Group"}`, ""},
		{`{"type":"threat-actor","name":"Black Basta"}`, ""},
		{`{"type":"threat-actor","name":"The Dark Overlord"}`, ""},
		{`{"type":"threat-actor","name":"FIN 7"}`, ""},
		{`{"type":"threat-actor","name":"APT Example"}`, ""},
		{`{"type":"threat-actor","name":"Moses Example","resource_level":"team"}`, ""},
		{`{"type":"threat-actor","name":"Moses Example","threat_actor_types":["nation-state"]}`, ""},

		// Accounts: those that people use. §6.16
		{`{"type":"user-account","display_name":"Kim Lee","account_login":"klee","user_id":"1001"}`, "display_name Kim Lee|account_login klee|user_id 1001"},
		{`{"type":"user-account","user_id":"1"}`, "user_id 1"},
		{`{"type":"user-account","user_id":"S-1-5-21-1-2-3-1104"}`, "user_id S-1-5-21-1-2-3-1104"},
		{`{"type":"user-account","account_login":"EXAMPLE\\klee"}`, `account_login EXAMPLE\klee`},
		{`{"type":"user-account","is_service_account":true,"display_name":"Kim Lee"}`, "display_name Kim Lee"},
		{`{"type":"user-account","is_service_account":true,"account_login":"indexer"}`, ""},
		{`{"type":"user-account","account_login":"root","user_id":"0"}`, ""},
		{`{"type":"user-account","account_login":"root","display_name":"System Administrator"}`, ""},
		{`{"type":"user-account","account_login":"NT AUTHORITY\\SYSTEM"}`, ""},
		{`{"type":"user-account","account_login":"WS-014$"}`, ""},
		{`{"type":"user-account","account_login":"svc_backup"}`, ""},
		{`{"type":"user-account","user_id":"S-1-5-18"}`, ""},
		{`{"type":"user-account","user_id":"S-1-5-21-1-2-3-500"}`, ""},
		{`{"type":"user-account","display_name":"Help Desk"}`, ""},
		{`{"type":"user-account","account_type":"unix"}`, ""},

		// Addresses and messages: a name beside them, or an owner. §6.5, §6.6
		{`{"type":"email-addr","value":"eve@example.org","display_name":"Eve"}`, "display_name Eve"},
		{`{"type":"email-addr","value":"eve@example.org","display_name":7}`, "display_name "},
		{`{"type":"email-addr","value":"eve@example.org","belongs_to_ref":"user-account--1"}`, "belongs_to_ref eve@example.org"},
		{`{"type":"email-addr","value":"eve@example.org"}`, ""},
		{`{"type":"email-addr","value":"eve@example.org","display_name":"eve@example.org"}`, ""},
		{`{"type":"email-addr","value":"help@example.org","display_name":"Example Bank Support"}`, ""},
		{`{"type":"email-message","additional_header_fields":{"Reply-To":["Kim Lee <kim@example.org>","Support <s@example.org>"],"X-Mailer":"A B <c>"}}`, "additional_header_fields Kim Lee"},
		{`{"type":"email-message","subject":"To Kim Lee","body":"Dear Kim Lee"}`, ""},

		// Certificates of persons. §6.18
		{`{"type":"x509-certificate","subject":"C=XB, SN=Lee, GN=Kim, CN=Kim Lee"}`, "subject Lee|subject Kim"},
		{`{"type":"x509-certificate","subject":"C=XB, O=Example Trust, CN=Example Root"}`, ""},

		// Patterns that ask for a name. §9.7
		{`{"type":"indicator","pattern_type":"stix","pattern":"[user-account:account_login = 'klee' OR user-account:account_login = 'root']"}`, "pattern klee"},
		{`{"type":"indicator","pattern_type":"stix","pattern":"[email-message:from_ref.display_name IN ('Kim Lee','Support')]"}`, "pattern Kim Lee"},
		{`{"type":"indicator","pattern_type":"stix","pattern":"[process:creator_user_ref.account_login = 'klee']"}`, "pattern klee"},
		{`{"type":"indicator","pattern_type":"stix","pattern":"[user-account:display_name ="}`, "pattern "},
		{`{"type":"indicator","pattern_type":"stix","pattern":"[user-account:account_login = 'Administrator']"}`, ""},
		{`{"type":"indicator","pattern_type":"stix","pattern":"[ipv4-addr:value = '192.0.2.1']"}`, ""},
		{`{"type":"indicator","pattern_type":"sigma","pattern":"display_name: Kim Lee"}`, ""},

		// Who wrote it, translations, and what old observed data hold. §4.13, §4.15, §7.1, §4.14
		{`{"type":"note","content":"c","authors":["Kim Lee"]}`, "authors Kim Lee"},
		{`{"type":"opinion","opinion":"agree","authors":["Kim Lee"]}`, "authors Kim Lee"},
		{`{"type":"note","content":"Kim Lee was there"}`, ""},
		{`{"type":"language-content","object_ref":"identity--1","contents":{"fr":{"name":"Kim Lee"}}}`, "contents Kim Lee"},
		{`{"type":"language-content","object_ref":"threat-actor--1","contents":{"fr":{"name":"Ours Malin","aliases":["nuit"]},"de":{"name":"Night Spider"}}}`, "contents Ours Malin"},
		{`{"type":"language-content","object_ref":"malware--1","contents":{"fr":{"name":"Kim Lee"}}}`, ""},
		{`{"type":"observed-data","objects":{"0":{"type":"user-account","account_login":"klee"},"1":{"type":"file","name":"x"}}}`, "objects klee"},
		{`{"type":"observed-data","objects":{"0":{"type":"observed-data"}}}`, ""},

		// What MISP calls a person, and types that say so.
		{`{"type":"x-misp-object","x_misp_name":"person","name":"Kim Lee"}`, "x_misp_name Kim Lee"},
		{`{"type":"x-misp-object","x_misp_name":"domain-ip"}`, ""},
		{`{"type":"x-misp-attribute","x_misp_type":"full-name","x_misp_value":"Kim Lee"}`, "x_misp_value Kim Lee"},
		{`{"type":"x-misp-attribute","x_misp_type":"md5","x_misp_value":"d41d8"}`, ""},
		{`{"type":"incident","name":"Kim Lee","labels":["misp:name=\"person\""]}`, "labels Kim Lee"},
		{`{"type":"incident","name":"x","labels":["misp:type=\"passport-number\""]}`, "labels x"},
		{`{"type":"incident","name":"x","labels":["misp:name=\"file\""]}`, ""},
		{`{"type":"x-example-person","name":"Kim Lee"}`, "type Kim Lee"},
		{`{"type":"x-example-personality","name":"Kim Lee"}`, ""},
	} {
		object, err := stix.Parse([]byte(test.object))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range object.PersonNames() {
			got = append(got, name.Property+" "+name.Text)
		}
		if strings.Join(got, "|") != test.want || object.NamesPerson() != (test.want != "") {
			t.Errorf("%s: %q, want %q", test.object, got, test.want)
		}
	}
}

// Every other type of STIX 2.1 names nobody by any property that it has, whatever
// stands in it: a person in its prose is for people to see.
func TestWhatNamesNobody(t *testing.T) {
	for _, objectType := range strings.Fields(`attack-pattern campaign course-of-action grouping incident infrastructure intrusion-set location malware malware-analysis
		report tool vulnerability relationship sighting marking-definition extension-definition artifact autonomous-system directory domain-name file ipv4-addr ipv6-addr
		mac-addr mutex network-traffic process software url windows-registry-key`) {
		object, err := stix.Parse([]byte(`{"type":"` + objectType + `","name":"Kim Lee","aliases":["Ivan Petrov"],"description":"Kim Lee did it","path":"C:\\Users\\klee",
			"command_line":"runas klee","creator_user_ref":"user-account--1","value":"https://example.org/~klee","contact_information":"Kim Lee","identity_class":"individual","labels":["Kim Lee"]}`))
		if err != nil {
			t.Fatal(err)
		}
		if names := object.PersonNames(); len(names) > 0 {
			t.Errorf("%s: %v", objectType, names)
		}
	}
}
