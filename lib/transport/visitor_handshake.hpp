// What is known of one visitor's handshake while it runs, kept with its SSL object; for visitor_tls.cpp, which fills it
// in, and the pipe, which asks for it at the end.
#pragma once

#include <memory>
#include <string>

#include "transport/certificate_store.hpp"
#include "transport/openssl_ptr.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::transport {

struct RunningHandshake {
    std::string server_name;
    std::string authority;  // its digest; empty: no client certificate is asked for
    /// Kept until the end, so that a reload in between changes nothing.
    std::shared_ptr<const CertificateSnapshot> certificates;
    /// Why we refused it, in words for the log; empty when we did not.
    std::string refusal;
};

/// Null before the ClientHello, or without memory.
RunningHandshake* running_handshake(SSL* ssl) noexcept;
/// With an empty one if there is none yet. Throws std::bad_alloc.
RunningHandshake& start_running_handshake(SSL* ssl);

/// After the handshake. What only it needed is let go. Throws std::bad_alloc.
std::unique_ptr<VisitorHandshake> finish_visitor_handshake(SSL* ssl);

}  // namespace ferrotunnel::transport
