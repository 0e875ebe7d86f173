/** The cluster's authority as the certificate controllers use it. */
import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { CertificateSigner, RequestedCertificate } from "../controllers/certificates/signer.ts";
import type { Clock } from "../machinery/clock.ts";
import type { CertificateAuthority } from "./certificates.ts";

export function requestSigner(authority: CertificateAuthority, clock: Clock): CertificateSigner {
  return {
    read: readRequest,
    sign: ({ request, usages, expirationSeconds }) => authority.sign({ request, usages, lifetimeMs: expirationSeconds * 1000 }, clock.now()),
    expiry: (certificate) => {
      try {
        return new X509Certificate(certificate).validToDate.getTime();
      } catch {
        return undefined;
      }
    },
  };
}

async function readRequest(pem: string): Promise<RequestedCertificate> {
  const request = new x509.Pkcs10CertificateRequest(pem);
  if (!(await request.verify())) throw new Error("cannot read certificate request: it is not signed by its own key");
  const names = request.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const ofType = (type: string) => names.filter((name) => name.type === type).map((name) => name.value);
  return {
    commonName: request.subjectName.getField("CN").at(-1) ?? "",
    organizations: request.subjectName.getField("O"),
    dnsNames: ofType("dns"),
    ipAddresses: ofType("ip"),
    emailAddresses: ofType("email"),
    uris: ofType("url"),
  };
}
