// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file is the whole API in one table.

import (
	"net/http"

	"github.com/tocsin-exchange/tocsin/api"
)

type route struct {
	pattern string // method and path under api.Base
	handler http.HandlerFunc
}

func (s *server) routes() []route {
	return []route{
		// To anyone.
		{"GET /node", s.node},
		{"GET /public", s.public},
		{"POST /enrol", s.enrol},
		{"POST /overseer/challenge", s.challenge},
		{"POST /overseer/signin", s.signInOverseer},

		// Who calls, and who works here.
		{"GET /me", show(s, s.me)},
		{"POST /signout", take(s, s.signOut)},
		{"GET /persons", several(s, s.persons)},
		{"POST /persons", take(s, s.addPerson)},
		{"POST /persons/{id}/link", take(s, s.linkPerson)},
		{"DELETE /persons/{id}", take(s, s.removePerson)},
		{"PUT /persons/{id}/roles", take(s, s.setRoles)},
		{"GET /overseers", several(s, s.overseers)},
		{"POST /overseers", take(s, s.addOverseer)},
		{"POST /overseers/{id}/confirm", take(s, s.confirmOverseer)},
		{"GET /tokens", several(s, s.tokens)},
		{"POST /tokens", take(s, s.addToken)},
		{"DELETE /tokens/{id}", take(s, s.revokeToken)},

		// Partners.
		{"POST /invitations", take(s, s.invite)},
		{"GET /partners", several(s, s.partners)},
		{"POST /partners", take(s, s.accept)},
		{"GET /partners/{id}", show(s, s.partner)},
		{"POST /partners/{id}/confirm", take(s, s.confirm)},
		{"POST /partners/{id}/terms", take(s, s.propose)},
		{"POST /partners/{id}/sign", take(s, s.signTerms)},
		{"POST /partners/{id}/state", take(s, s.setState)},
		{"POST /partners/{id}/unfreeze", take(s, s.unfreeze)},
		{"POST /partners/{id}/limits", take(s, s.setLimits)},
		{"POST /freeze", take(s, s.freezeAll)},
		{"POST /unfreeze", take(s, s.unfreezeAll)},
		{"GET /partners/{id}/keys", show(s, s.keyHistory)},
		{"POST /partners/{id}/key-stolen", take(s, s.keyStolen)},
		{"POST /partners/{id}/key-stolen/withdraw", take(s, s.keySafe)},
		{"GET /doubted", several(s, s.doubted)},
		{"POST /doubted/{id}/affirm", take(s, s.affirmDoubted)},
		{"GET /keys", show(s, s.keys)},
		{"POST /keys", take(s, s.changeKeys)},
		{"GET /keys/history", show(s, s.ownKeyHistory)},

		// The whole node, and what it is restored from.
		{"POST /backup", s.backUp},
		{"GET /recovery", show(s, s.recovery)},
		{"POST /recovery", take(s, s.recoverByHand)},
		{"POST /recovery/new-log", take(s, s.newLog)},
		{"POST /recovery/{id}/without", take(s, s.goWithout)},

		// What stays home, and what may leave.
		{"GET /sources", several(s, s.sources)},
		{"POST /sources", take(s, s.keepSource)},
		{"GET /sources/{id}", show(s, s.source)},
		{"GET /policy", show(s, s.policyInForce)},
		{"GET /policies", several(s, s.policies)},
		{"POST /policies", take(s, s.proposePolicy)},
		{"POST /policies/compare", s.comparePolicies},
		{"GET /policies/{id}", show(s, s.policy)},
		{"POST /policies/{id}/approve", take(s, s.approvePolicy)},
		{"POST /policies/{id}/withdraw", take(s, s.withdrawPolicy)},
		{"GET /drafts", several(s, s.drafts)},
		{"POST /drafts", take(s, s.compose)},
		{"GET /drafts/{id}", show(s, s.draft)},
		{"PUT /drafts/{id}", take(s, s.compose)},
		{"GET /drafts/{id}/preview", show(s, s.preview)},
		{"POST /drafts/{id}/release", take(s, s.release)},
		{"POST /drafts/{id}/review", take(s, s.review)},
		{"POST /drafts/{id}/withdraw", take(s, s.withdraw)},
		{"POST /drafts/{id}/undo", take(s, s.takeBack)},
		{"POST /trace", take(s, s.trace)},

		// What is said and heard.
		{"GET /cases", several(s, s.cases)},
		{"GET /cases/{id}", show(s, s.oneCase)},
		{"POST /cases/{id}/acknowledgement", take(s, s.acknowledge)},
		{"POST /cases/{id}/note", take(s, s.readNote)},
		{"POST /cases/{id}/request", take(s, s.ask)},
		{"POST /cases/{id}/reply", take(s, s.reply)},
		{"POST /cases/{id}/outcome", take(s, s.report)},
		{"POST /cases/{id}/thanks", take(s, s.thank)},
		{"POST /cases/{id}/dispute", take(s, s.dispute)},
		{"POST /corrections", take(s, s.correct)},
		{"GET /recalls", several(s, s.recalls)},
		{"POST /recalls", take(s, s.recall)},
		{"POST /recalls/{id}/answer", take(s, s.answerRecall)},
		{"GET /permissions", several(s, s.permissions)},
		{"POST /permissions", take(s, s.askPermission)},
		{"GET /permissions/{id}", show(s, s.permission)},
		{"POST /permissions/{id}/answer", take(s, s.answerPermission)},
		{"POST /permissions/{id}/withdrawal", take(s, s.withdrawPermission)},
		{"POST /permissions/{id}/done", take(s, s.settlePermission)},

		// What is carried by hand.
		{"POST /partners/{id}/carry", s.carryOut},
		{"POST /carry", s.carryIn},
		{"POST /carry/{id}/written", take(s, s.carryWritten)},

		// What is said by voice.
		{"POST /partners/{id}/voice", take(s, s.shareVoice)},
		{"POST /cases/{id}/say", take(s, s.speak)},
		{"POST /cases/{id}/readback", take(s, s.readBack)},
		{"GET /heard", several(s, s.heardList)},
		{"GET /heard/{id}", show(s, s.oneHeard)},
		{"POST /heard", take(s, s.heard)},

		// What is owed.
		{"GET /board", show(s, s.board)},
		{"GET /pledges", several(s, s.pledges)},
		{"POST /pledges", take(s, s.pledge)},
		{"POST /pledges/{id}/end", take(s, s.endPledge)},
		{"GET /watches", several(s, s.watches)},
		{"POST /watches", take(s, s.setWatch)},
		{"POST /watches/{id}/end", take(s, s.endWatch)},
		{"GET /reciprocity", show(s, s.reciprocity)},
		{"GET /reciprocity/csv", file(s, api.CSVType, s.reciprocityCSV)},
		{"GET /reciprocity/stix", file(s, api.STIXType, s.reciprocitySTIX)},
		{"GET /duties/figures", show(s, s.figures)},
		{"GET /duties", several(s, s.duties)},
		{"POST /duties", take(s, s.openDuty)},
		{"GET /duties/{id}", show(s, s.duty)},
		{"POST /duties/{id}/assessment", take(s, s.assess)},
		{"POST /duties/{id}/record", take(s, s.addToDuty)},
		{"POST /duties/{id}/answer", take(s, s.answerInquiry)},
		{"GET /inquiries", several(s, s.inquiries)},
		{"POST /inquiries", take(s, s.inquire)},
		{"GET /inquiries/{id}", show(s, s.inquiry)},
		{"GET /rota", show(s, s.rota)},
		{"POST /rota", take(s, s.setRota)},
		{"POST /duties/{id}/decision", take(s, s.decide)},
		{"POST /duties/{id}/affirmation", take(s, s.affirm)},
		{"GET /alarms", several(s, s.alarms)},
		{"POST /alarms/{id}/dismiss", take(s, s.dismiss)},

		// Why things are opened, and who opened them.
		{"POST /reasons", take(s, s.giveReason)},
		{"GET /reads", several(s, s.reads)},
		{"GET /reads/csv", file(s, api.CSVType, s.readsCSV)},

		// What a person may ask about what is held about them.
		{"GET /redress", several(s, s.redresses)},
		{"POST /redress", take(s, s.openRedress)},
		{"GET /redress/{id}", show(s, s.redress)},
		{"POST /redress/{id}/decide", take(s, s.decideRedress)},
		{"POST /redress/{id}/confirm", take(s, s.confirmRedress)},
		{"POST /redress/{id}/answer", take(s, s.answerRedress)},

		// Until when things are kept.
		{"GET /retention", several(s, s.retentions)},
		{"GET /retention/rules", several(s, s.retentionRules)},
		{"POST /retention/rules", take(s, s.setRetention)},
		{"GET /retention/notices", several(s, s.destructions)},
		{"POST /retention/{id}/keep", take(s, s.keepOn)},
		{"POST /retention/{id}/hold", take(s, s.holdErasure)},
		{"POST /retention/{id}/release", take(s, s.letGo)},
		{"GET /assurances", several(s, s.assurances)},
		{"POST /assurances", take(s, s.setAssurance)},
		{"GET /assurances/history", several(s, s.assuranceHistory)},

		// What is said in public.
		{"GET /statements", several(s, s.statements)},
		{"POST /statements", take(s, s.writeStatement)},
		{"GET /statements/{id}", show(s, s.statement)},
		{"POST /statements/{id}/clear", take(s, s.clearStatement)},
		{"GET /statements/{id}/cap", file(s, api.CAPType, s.cap)},

		// The STIX door's collections and accounts; the objects are for that door.
		{"GET /taxii/collections", several(s, s.collections)},
		{"POST /taxii/collections", take(s, s.addCollection)},
		{"GET /taxii/accounts", several(s, s.accounts)},
		{"POST /taxii/accounts", take(s, s.addAccount)},
		{"PUT /taxii/accounts/{id}", take(s, s.changeAccount)},
		{"DELETE /taxii/accounts/{id}", take(s, s.removeAccount)},
		{"GET /taxii/feeds", several(s, s.listFeeds)},
		{"POST /taxii/feeds", take(s, s.addFeed)},
		{"GET /taxii/feeds/{id}", show(s, s.feed)},
		{"DELETE /taxii/feeds/{id}", take(s, s.removeFeed)},
		{"POST /taxii/feeds/{id}/release", take(s, s.releaseFeed)},
		{"POST /taxii/feeds/{id}/take-over", take(s, s.takeOverFeed)},
		{"POST /taxii/feeds/{id}/run", take(s, s.runFeed)},

		// Proof.
		{"GET /receipts/{id}", file(s, api.ReceiptType, s.receipt)},
		{"GET /receipts/{id}/step", file(s, api.ReceiptType, s.stepReceipt)},
		{"GET /messages/{id}", file(s, api.JSONType, s.message)},
		{"GET /ledger/checkpoint", show(s, s.checkpoint)},
		{"POST /ledger/verify", s.verify},
		{"GET /ledger/heads", show(s, s.heads)},
		{"GET /ledger/heads/{id}", file(s, api.CheckpointType, s.headOf)},
		{"POST /ledger/heads/{id}/accept", take(s, s.acceptLog)},
		{"POST /ledger/resume", take(s, s.resumeLog)},
		{"GET /ledger/cosigned", file(s, api.CheckpointType, s.cosigned)},
		{"GET /ledger/forks/{id}", file(s, api.CheckpointType, s.evidence)},
		{"GET /log", several(s, s.auditLog)},
		{"GET /ledger/tiles", s.tiles},
		{"GET /cases/{id}/dossier", file(s, api.JSONType, s.dossier)},
	}
}
