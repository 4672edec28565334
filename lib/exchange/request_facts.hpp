// Facts of a request. Most come from its head; the stage that finds its service adds that and its settings, and
// Rewriting::write_request clears the offered protocol switch if the service allows none (context.upgrade). Later it is
// changed only by Upload, when plugins replace the request's body or read it before the backend does (body,
// expects_continue); by Placement, which finds a successor of the service; and by HttpExchange, in refuse(), which sets
// context.method and a missing id, and with the head of a response (binds_connection).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "directory/http_directory.hpp"
#include "exchange/http_settings.hpp"
#include "http/authority.hpp"
#include "http/forwarding.hpp"
#include "http/head.hpp"
#include "http/owned_head.hpp"
#include "http/page.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::exchange {

class RequestFacts {
public:
    /// `usual`: the settings of services that set nothing else. `https`: whether the visitor's connection uses TLS.
    RequestFacts(const HttpServiceSettings& usual, bool https) noexcept : by_tls(https), settings(usual) {}
    RequestFacts(const RequestFacts&) = delete;
    RequestFacts& operator=(const RequestFacts&) = delete;

    /// Reads the facts from `head`, which is needed for this call only. `new_id` is used unless a trusted proxy sends
    /// another one.
    void read(const http::RequestHead& head, std::string new_id);

    /// Adopts what a trusted proxy reports about the request: its id, and whether the visitor used TLS.
    void apply_forwarding(const http::Forwarding& forwarding);

    /// The format in which the visitor wants error pages.
    http::PageFormat page_format() const noexcept;
    /// The service's name, for logs; empty while the service is not known.
    std::string_view service_name() const noexcept {
        return service ? std::string_view(service->description().name) : std::string_view();
    }

    std::string id;
    std::string_view host;           // in normal form
    http::ResponseContext context;   // the method, and which protocol switch the backend is offered
    http::Body body;                 // as the backend gets it
    bool is_grpc = false;            // for the edge's own errors it reads only fields (grpc_status.hpp)
    bool is_stream = false;          // its body is a stream of messages (streaming_type.hpp)
    bool binds_connection = false;   // the connection behind it may be bound to a user (connection_login.hpp)
    bool expects_continue = false;   // the backend is asked whether it wants the body
    std::string connection_options;  // names in Connection that could be sent as trailers, if the body is chunked
    bool by_tls;                     // whether the visitor used TLS, as far as that can be trusted
    std::shared_ptr<directory::HttpService> service;
    HttpServiceSettings settings;  // the service's, once it is known
    /// The head as it arrived, of a request that another member of the cluster serves; otherwise null.
    std::unique_ptr<const http::OwnedHead> forwarded;

private:
    void read_fields(const http::RequestHead& head);
    void keep_accept(std::string_view accept);

    http::HostBuffer host_room_;
    // What Accept asks for: the format, or a copy from which it is read when a page is needed.
    http::PageFormat page_format_ = http::PageFormat::text;  // used if there is no copy
    std::uint8_t accept_size_ = 0;
    std::array<char, 160> accept_room_;
};

}  // namespace ferrotunnel::exchange
