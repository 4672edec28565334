// TLS failures of links, in words for the user, with a remedy.
#pragma once

#include <string>

struct ssl_st;

namespace ferrotunnel::transport {

/// Why a link whose handshake has succeeded cannot be used: the key was not proved, or another protocol was chosen.
/// Empty if it can.
std::string link_fault(ssl_st* ssl);

/// Describes the errors in OpenSSL's queue of this thread, and empties the queue.
std::string link_failure_text(ssl_st* ssl);

}  // namespace ferrotunnel::transport
