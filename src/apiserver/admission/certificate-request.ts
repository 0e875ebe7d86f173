/** Reads the subject of a PKCS #10 request, as far as admission needs it. */
import "reflect-metadata";
import { Pkcs10CertificateRequest } from "@peculiar/x509";

/** Organizations of the subject. `request` is base64 of PEM. Empty for what cannot be read: validation refuses that. */
export function requestedOrganizations(request: string): string[] {
  return subjectField(request, "O");
}

/** Common names of the subject, as above. */
export function requestedCommonNames(request: string): string[] {
  return subjectField(request, "CN");
}

function subjectField(request: string, field: string): string[] {
  const pem = Buffer.from(request, "base64").toString("utf8");
  try {
    return new Pkcs10CertificateRequest(pem).subjectName.getField(field);
  } catch {
    return [];
  }
}
