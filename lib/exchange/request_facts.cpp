#include "exchange/request_facts.hpp"

#include <algorithm>
#include <utility>

#include "exchange/connection_login.hpp"
#include "exchange/grpc_status.hpp"
#include "exchange/streaming_type.hpp"
#include "http/chunked.hpp"

namespace ferrotunnel::exchange {
namespace {

/// Joins the Accept fields of a head: several form one list.
std::string joined_accept(const http::RequestHead& head) {
    std::string all;
    for (const http::Field& field : head.fields) {
        if (field.known == http::FieldName::accept) {
            all.append(all.empty() ? "" : ", ").append(field.value);
        }
    }
    return all;
}

}  // namespace

void RequestFacts::read(const http::RequestHead& head, std::string new_id) {
    id = std::move(new_id);
    host = http::normal_host(head.authority, host_room_);
    context = http::ResponseContext::of(head);
    body = head.body;
    expects_continue = head.expects_continue;
    if (head.body.kind == http::BodyKind::chunked) {
        connection_options = http::connection_names(head.fields);
    }
    read_fields(head);
}

// In one pass, since each request pays for it.
void RequestFacts::read_fields(const http::RequestHead& head) {
    std::string_view type;
    std::string_view accept;
    std::size_t accepts = 0;
    for (const http::Field& field : head.fields) {
        switch (field.known) {
            case http::FieldName::accept:
                accept = accepts++ == 0 ? field.value : accept;
                break;
            case http::FieldName::content_type:
                type = type.empty() ? field.value : type;
                break;
            case http::FieldName::authorization:
                binds_connection = binds_connection || is_connection_login(field.value);
                break;
            default:
                break;
        }
    }
    is_grpc = exchange::is_grpc(type);
    is_stream = head.body.kind != http::BodyKind::none && exchange::is_streaming_type(type);
    accept_size_ = 0;
    if (accepts > 1) {
        page_format_ = http::choose_format(joined_accept(head));
    } else {
        keep_accept(accept);
    }
}

void RequestFacts::apply_forwarding(const http::Forwarding& forwarding) {
    by_tls = forwarding.https();
    if (forwarding.request_id() != id) {  // otherwise it is a view of `id`
        id = forwarding.request_id();
    }
}

// Keeps a copy of a usual Accept: it is parsed only when a page is needed, which is rare.
void RequestFacts::keep_accept(std::string_view accept) {
    if (accept.size() > accept_room_.size()) {
        page_format_ = http::choose_format(accept);
        return;
    }
    accept_size_ = static_cast<std::uint8_t>(accept.size());
    std::copy(accept.begin(), accept.end(), accept_room_.begin());
}

http::PageFormat RequestFacts::page_format() const noexcept {
    return accept_size_ == 0 ? page_format_ : http::choose_format({accept_room_.data(), accept_size_});
}

}  // namespace ferrotunnel::exchange
