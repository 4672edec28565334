// Limits of certificates' orders.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::acme::limits {

/// The longest body of a CA's response that is read: chains are the longest, at 3 to 8 KiB.
inline constexpr std::size_t body_max = 256 * 1'024;
/// Certificates of a chain.
inline constexpr std::size_t chain_max = 10;
/// The longest URL, and the longest text of a CA that is shown.
inline constexpr std::size_t url_max = 2'048;
inline constexpr std::size_t text_max = 500;
/// The longest type of a problem that is kept.
inline constexpr std::size_t type_max = 64;
/// The longest name of a certificate's files, without its ending: 255 bytes are possible, and a file that is being
/// written has 25 more than its later name.
inline constexpr std::size_t file_name_max = 200;
/// A private key as PEM; one with P-256 has 241 bytes.
inline constexpr std::size_t key_pem_max = 16 * 1'024;
/// Parts of a certificate's identifier for renewal information: RFC 5280 allows 20 bytes of a serial number.
inline constexpr std::size_t renewal_id_part_max = 64;
/// The longest token of a challenge; CAs use 43 characters.
inline constexpr std::size_t token_max = 128;
/// How far in the future a new certificate may begin to be valid: clocks differ.
inline constexpr std::chrono::hours not_before_ahead_max{1};
/// Authorizations of an order, and challenges of an authorization.
inline constexpr std::size_t authorizations_max = 8;
inline constexpr std::size_t challenges_max = 32;
/// Names of issuers of a DNS-PERSIST-01 challenge or a directory, and profiles of a directory, that are read.
inline constexpr std::size_t issuers_max = 10;
inline constexpr std::size_t profiles_max = 32;
/// Objects and arrays within one another in a CA's response.
inline constexpr int depth_max = 16;
/// The longest nonce that is used. A longer one counts as none.
inline constexpr std::size_t nonce_max = 256;
/// How often in a row a request that changes nothing is repeated when no usable response to it arrives.
inline constexpr unsigned losses_max = 3;
/// Certificates for new names of clients below one domain, in 7 days at one CA: Let's Encrypt allows 50.
inline constexpr std::size_t names_per_parent = 40;
/// Tokens, CAs or domains whose orders are counted.
inline constexpr std::size_t budget_keys_max = 10'000;
/// How often one request is repeated with a new nonce.
inline constexpr unsigned bad_nonces_max = 5;
/// How long an order may take, from its first request to its certificate.
inline constexpr std::chrono::minutes order_time{15};
/// How long to wait between two requests for the state of an order; a CA's Retry-After within these bounds is obeyed.
inline constexpr std::chrono::seconds poll_min{1};
inline constexpr std::chrono::seconds poll_max{60};
/// The longest of these waits if the CA names none.
inline constexpr std::chrono::seconds poll_usual_max{10};
/// The longest Retry-After that is obeyed.
inline constexpr std::chrono::hours retry_after_max{24};

}  // namespace ferrotunnel::acme::limits
