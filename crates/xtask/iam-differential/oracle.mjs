// Reads cases as `differential emit` prints them, asks @cloud-copilot/iam-simulate, and prints its answers:
// one JSON object a line for each line read, in the same order.
//
//   {"theirs": "allow" | "implicit_deny" | "explicit_deny", "ignored": [condition keys it leaves out]}
//   {"refused": "why it gives no answer"}

import { createInterface } from 'node:readline'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'

const OUTCOMES = { Allowed: 'allow', ImplicitlyDenied: 'implicit_deny', ExplicitlyDenied: 'explicit_deny' }

const listed = (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value])

const namedPolicies = (value) => listed(value).map((policy, index) => ({ name: `policy-${index}`, policy }))

// It takes one resource policy and one session policy. Several of ours become one, where that changes nothing:
// the older version of the language differs in variables alone.
function merged(value) {
  const policies = listed(value)
  if (policies.length < 2) return policies[0] ?? { Version: '2012-10-17', Statement: [] }
  const isOld = (policy) => (policy.Version ?? '2008-10-17') === '2008-10-17'
  const hasVariables = (policy) => JSON.stringify(policy).includes('${')
  const mixed = policies.some(isOld) && policies.some((policy) => !isOld(policy))
  if (mixed && policies.some((policy) => isOld(policy) && hasVariables(policy))) {
    throw new Error('several policies where it takes one, of two versions of the language')
  }
  const Version = policies.every(isOld) ? '2008-10-17' : '2012-10-17'
  return { Version, Statement: policies.flatMap((policy) => listed(policy.Statement)) }
}

// It adds RCPFullAWSAccess to every level of RCPs and takes no other that allows.
const allows = (policy) => listed(policy.Statement).every((statement) => statement.Effect === 'Allow')

function levels(value, isRcp) {
  return listed(value).map((level, index) => ({
    orgIdentifier: `level-${index}`,
    policies: namedPolicies(listed(level?.policies ?? level).filter((policy) => !isRcp || !allows(policy))),
  }))
}

function simulation({ layers, request, resolved }) {
  const contextVariables = {}
  for (const [key, values] of Object.entries(resolved.context)) {
    contextVariables[key] = values.length === 1 ? values[0] : values
  }
  const optional = (value, made) => (value === undefined || value === null ? undefined : made(value))
  return {
    request: {
      principal: resolved.principal === 'anonymous' ? anonymousPrincipal : resolved.principal,
      action: request.action,
      resource: { resource: request.resource ?? '*', accountId: resolved.owner },
      contextVariables,
    },
    identityPolicies: namedPolicies(layers.identity),
    permissionBoundaryPolicies: optional(layers.boundary, namedPolicies),
    sessionPolicy: optional(layers.session, merged),
    resourcePolicy: optional(layers.resource, merged),
    vpcEndpointPolicies: optional(layers.endpoint, namedPolicies),
    serviceControlPolicies: levels(layers.scps, false),
    resourceControlPolicies: levels(layers.rcps, true),
  }
}

async function answer(line) {
  try {
    const response = await runSimulation(simulation(JSON.parse(line)), {})
    if (response.resultType === 'error') {
      return { refused: JSON.stringify(response.errors) }
    }
    if (response.resultType === 'wildcard' && response.results.length !== 1) {
      return { refused: 'it takes the resource for a pattern' }
    }
    const result = response.resultType === 'single' ? response.result : response.results[0]
    return {
      theirs: OUTCOMES[response.overallResult],
      blocked: result.analysis?.blockedBy ?? [],
      ignored: result.ignoredContextKeys ?? [],
    }
  } catch (error) {
    return { refused: `it failed: ${error.message}` }
  }
}

const answers = []
for await (const line of createInterface({ input: process.stdin })) {
  answers.push(JSON.stringify(await answer(line)))
  if (answers.length === 500) {
    process.stdout.write(`${answers.splice(0).join('\n')}\n`)
  }
}
if (answers.length > 0) {
  process.stdout.write(`${answers.join('\n')}\n`)
}
