// Limits for requests of an application, and of the control API, while a Server runs.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/token_bucket.hpp"

namespace ferrotunnel::limits {

// Addresses in addition to those of the settings: each is a descriptor and an acceptor on the first worker.
inline constexpr std::size_t added_listeners_max = 32;

/// A file of `acme_webroot`: a token of at most 128 characters, a dot, and the thumbprint of a key (RFC 8555, 8.1).
inline constexpr std::size_t challenge_file_bytes_max = 1'024;

/// Bytes of a reload's outcome in the log and the event: some lines of problems.
inline constexpr std::size_t reload_outcome_max = 2'048;

/// Names without a certificate that a server's status lists with the reason: they fit a screen.
inline constexpr std::size_t acme_problems_listed_max = 10;
/// How long a caller of the control API waits for CAs and DNS: a CA has 30 s for each request, and a key change or the
/// registration of an account needs three.
inline constexpr std::chrono::seconds acme_answer_time{90};

/// How long members of the cluster are asked for a client: an operator waits, and a member that is linked answers at
/// once.
inline constexpr std::chrono::seconds client_search_time{5};

/// Calls of an application's handler for the certificate of a host that may be unanswered at a time; further ones wait,
/// as many as clients may register in a burst. Beyond that a host has no certificate for now.
inline constexpr std::size_t host_lookups_at_once_max = 64;
inline constexpr std::size_t host_lookups_queue_max = 4'096;
/// Visitors that wait for the certificate of one host; further ones do not wait. Each has a descriptor and 1 KiB, and
/// an answer resumes all of them at once.
inline constexpr std::size_t host_lookup_waiting_max = 1'024;
/// Calls for names that only a pattern of a service covers: visitors can invent any number of them.
inline constexpr RateLimit host_lookups_rate{200, 20};
/// Kept certificates and hosts without one. A certificate with its key takes 5 KiB, a host without one 200 bytes.
inline constexpr std::size_t host_certificates_max = 10'000;
inline constexpr std::size_t host_misses_max = 4'096;
/// When a failed call may be made again.
inline constexpr std::chrono::seconds host_lookup_retry_after{5};

/// Requests for DNS records that are answered at a time: each costs requests to CAs and DNS.
inline constexpr std::size_t acme_questions_max = 8;

}  // namespace ferrotunnel::limits
