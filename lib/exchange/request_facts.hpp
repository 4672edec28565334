// What is known of a request. Its head says most; the stage that finds its service adds that and its settings, and
// Rewriting::write_request sets that the backend is offered no change of protocols where the service allows none
// (context.upgrade). Apart from that it is changed by Upload, where plugins make another body of the request's, or have
// read it before the backend does (body, expects_continue); by Placement, which finds a successor of the service; and
// by HttpExchange, in refuse(), which sets context.method, and an id where there is none, and with the head of an
// answer (binds_connection).
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
#include "http/page.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::exchange {

class RequestFacts {
public:
    /// `usual`: the settings of services that say nothing else. `https`: whether the visitor's connection uses TLS.
    RequestFacts(const HttpServiceSettings& usual, bool https) noexcept : by_tls(https), settings(usual) {}
    RequestFacts(const RequestFacts&) = delete;
    RequestFacts& operator=(const RequestFacts&) = delete;

    /// Takes what the head says; `head` is needed for this call only. `new_id` counts unless a trusted proxy names
    /// another one.
    void read(const http::RequestHead& head, std::string new_id);

    /// Takes what a trusted proxy says of the request: its id, and whether the visitor used TLS.
    void believe(const http::Forwarding& forwarding);

    /// The format in which the visitor wants to be told of an error.
    http::PageFormat page_format() const noexcept;
    /// The service's name, for logs; empty while the service is not known.
    std::string_view service_name() const noexcept {
        return service ? std::string_view(service->description().name) : std::string_view();
    }

    std::string id;
    std::string_view host;          // in normal form
    http::ResponseContext context;  // the method, and which change of protocols the backend is offered
    http::Body body;                // as the backend gets it
    bool is_grpc = false;           // of the edge's own errors it reads fields alone (grpc_status.hpp)
    bool is_stream = false;         // its body is a stream of messages (streaming_type.hpp)
    bool binds_connection = false;  // the backend's connection may be a user's behind it (connection_login.hpp)
    bool expects_continue = false;  // the backend is asked whether it wants the body
    std::string hops;               // names in Connection that could come as a trailer, if the body is chunked
    bool by_tls;                    // whether the visitor used TLS, as far as that can be believed
    std::shared_ptr<directory::HttpService> service;
    HttpServiceSettings settings;  // the service's, once it is known

private:
    void read_fields(const http::RequestHead& head);
    void keep_accept(std::string_view accept);

    http::HostBuffer host_room_;
    // What Accept says: the format, or a copy from which it is read when there is a page to show.
    http::PageFormat page_format_ = http::PageFormat::text;  // where there is no copy
    std::uint8_t accept_size_ = 0;
    std::array<char, 160> accept_room_;
};

}  // namespace ferrotunnel::exchange
