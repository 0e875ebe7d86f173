/** The token is ours, but not to be accepted; the message goes into TokenReview.status.error. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}
