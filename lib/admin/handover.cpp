#include "admin/handover.hpp"

#include <charconv>

namespace ferrotunnel::admin {
namespace {

// Parses ?from=N.
std::optional<std::size_t> first_of(std::string_view query) {
    static constexpr std::string_view key = "?from=";
    std::size_t first = 0;
    if (query.empty()) {
        return first;
    }
    if (!query.starts_with(key)) {
        return std::nullopt;
    }
    query.remove_prefix(key.size());
    const auto [end, error] = std::from_chars(query.data(), query.data() + query.size(), first);
    return error == std::errc() && end == query.data() + query.size() ? std::optional(first) : std::nullopt;
}

}  // namespace

std::optional<Answer> answer_about_handover(const Request& request, Subject& subject) {
    if (request.path == sockets_path) {
        const std::optional<std::size_t> first = first_of(request.query);
        return request.method != "GET" ? wrong_method("GET")
               : first                 ? subject.sockets(*first)
                                       : invalid("Expected ?from=N.");
    }
    if (request.path == ticket_keys_path) {
        return request.method != "GET" ? wrong_method("GET") : subject.ticket_keys();
    }
    if (request.path == handover_path) {
        const std::optional<Json> body = object_in(request.body);
        if (request.method != "POST") {
            return wrong_method("POST");
        }
        if (!body || body->value("version", Json()) != Json(handover_version)) {
            return refusal(409, "version", "This program can only be replaced by one with the same hand-over version.");
        }
        return subject.hand_over();
    }
    return std::nullopt;
}

}  // namespace ferrotunnel::admin
