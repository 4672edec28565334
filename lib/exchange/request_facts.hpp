// What is known of a request once its head was read and its service was found. It does not change after that.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "directory/http_directory.hpp"
#include "exchange/http_settings.hpp"
#include "http/authority.hpp"
#include "http/head.hpp"
#include "http/page.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::exchange {

class RequestFacts {
public:
    /// `usual`: what services have that say nothing else. `https`: what the visitor's connection uses.
    RequestFacts(const HttpServiceSettings& usual, bool https) noexcept : by_tls(https), settings(usual) {}
    RequestFacts(const RequestFacts&) = delete;
    RequestFacts& operator=(const RequestFacts&) = delete;

    /// `head` is needed for this call alone; `new_id` counts unless a trusted proxy names another one.
    void read(const http::RequestHead& head, std::string new_id);

    /// What the visitor wants an error to be told in.
    http::PageFormat page_format() const noexcept;
    /// For logs; empty while the service is not known.
    std::string_view service_name() const noexcept {
        return service ? std::string_view(service->description().name) : std::string_view();
    }

    std::string id;
    std::string_view host;          // in normal form
    http::ResponseContext context;  // the method, and which change of protocols the backend is offered
    http::Body body;
    std::string hops;  // what Connection named that could come as a trailer
    bool by_tls;       // what the visitor used, as far as it can be believed
    std::shared_ptr<directory::HttpService> service;
    HttpServiceSettings settings;  // the service's, once it is known

private:
    void read_accept(const http::RequestHead& head);

    http::HostBuffer host_room_;
    // Accept is looked at when there is a page to show, which is rare: until then a copy of what is usual is kept.
    http::PageFormat page_format_ = http::PageFormat::text;  // where there is no copy
    std::uint8_t accept_size_ = 0;
    std::array<char, 160> accept_room_;
};

}  // namespace ferrotunnel::exchange
