// Visitors that other members forward to this one: each is served by a client of this server, and by nobody else, so a
// visitor never makes a second hop.
//
//   Link --stream, OPEN--> Arrivals --http--> HttpFront::serve, with local services only
//                             |--tcp, udp--> the local carriers of the port
//                             |--tls-------> the local trunks of the host
//                             '--private---> ServerShared::find_visited
//            nothing here: RESET unknown_service, before a byte
#pragma once

#include <memory>

#include "base/intrusive_ptr.hpp"
#include "base/log.hpp"
#include "ingress/http_front.hpp"
#include "mux/stream.hpp"
#include "peers/visitor_header.hpp"
#include "runtime/worker.hpp"
#include "session/server_shared.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::peers {

class Arrivals {
public:
    /// `front` may be null, without HTTP.
    Arrivals(std::shared_ptr<session::ServerShared> shared, ingress::HttpFront* front, Logger& log);

    /// A member opens a stream on a link of this worker. Called on it, from within the link's on_open.
    void on_stream(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, const wire::Open& open);

private:
    class Arrival;

    void serve(runtime::Worker& worker, const IntrusivePtr<mux::Stream>& stream, const wire::Open& open,
               const VisitorHeader& header);

    const std::shared_ptr<session::ServerShared> shared_;
    ingress::HttpFront* const front_;
    Logger& log_;
};

}  // namespace ferrotunnel::peers
