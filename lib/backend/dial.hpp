// Connects a stream that has arrived at a client to the client's service.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "backend/client_service.hpp"
#include "backend/self_loop_detector.hpp"
#include "base/log.hpp"
#include "inspect/inspector.hpp"
#include "runtime/worker.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::backend {

/// State shared by the connections of one client to its services.
struct DialShared {
    IntrusivePtr<trunk::Traffic> traffic;
    std::shared_ptr<SelfLoopDetector> self_loop_detector;
    Logger& log;
    std::shared_ptr<inspect::Inspector> inspector{};  // null if nothing is recorded
    /// For a request that is sent again: the number of its record, and what it repeats.
    std::uint64_t record_id = 0;
    std::uint64_t replay_of = 0;
};

inline constexpr const char* too_many_handshakes_text = "too many visitors have not yet proved that they have the key";
/// Logs why a visit of another client was refused, with a rate limit.
void log_refused_visit(const ClientService& service, const std::string& why, TimePoint now, Logger& log);

/// Records a visitor for which the backend is not even dialled, and why.
void record_not_reached(const ClientService& service, const net::Address& visitor, const DialShared& shared,
                        std::string_view why, TimePoint now);

/// Connects `stream` to the service's backend; call it on the worker, within on_open. The stream is accepted when the
/// backend is connected (with TLS, if configured), and aborted with `refused` or `timeout` if that fails. Data that the
/// visitor sends meanwhile waits in the stream, within its first window. A service with a folder responds by itself
/// (serve_files.hpp), and one with an exit reads the destination from the visitor (serve_exit.hpp). With an HTTP/2
/// backend each stream has a connection of its own, too (http2_stream.hpp).
void dial_backend(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                  IntrusivePtr<mux::Stream> stream, const net::Address& visitor, DialShared shared);

}  // namespace ferrotunnel::backend
