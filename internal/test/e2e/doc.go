// Command e2e runs the shipped parts on engines that no one here wrote: the
// functions' bootstraps under a small Lambda host (awstest/lambdahost.go), the
// definition, the environments and the policies of the synthesized template
// (awstest/template.go), on the moto server's interpreter, IAM, STS, SSM and
// DynamoDB (awstest/motoengine.go, awstest/gateway.go), with the fake Qovery
// over a socket. Hours pass on a clock that all of them share
// (awstest/virtualtime.go).
//
// These tests carry the build tag integration; make integration runs them. What
// they prove: both engines go the same ways, functions may do what they do and
// nothing more, no secret is left anywhere, and an interrupted rotation is
// resumed. The tests without the tag (functions_test.go) run each function alone:
// it reads its environment, links no more than it needs, and starts fast.
//
// Playground leaves the same stack running for people.
package main
