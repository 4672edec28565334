#include "etcd/fault.hpp"

#include <array>

#include "base/text.hpp"
#include "etcd/json.hpp"
#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {
namespace {

struct KnownMessage {
    std::string_view part;
    Fault::Kind kind;
};

// Of etcd 3.5 (api/v3rpc/rpctypes/error.go). A watch that is canceled has only the message.
constexpr std::array known_messages{
    KnownMessage{"invalid auth token", Fault::Kind::token},
    KnownMessage{"user name is empty", Fault::Kind::token},
    KnownMessage{"revision of auth store is old", Fault::Kind::token},
    KnownMessage{"authentication failed", Fault::Kind::credentials},
    KnownMessage{"authentication is not enabled", Fault::Kind::credentials},
    KnownMessage{"permission denied", Fault::Kind::forbidden},
    KnownMessage{"requested lease not found", Fault::Kind::lease_missing},
    KnownMessage{"lease already exists", Fault::Kind::lease_exists},
    KnownMessage{"has been compacted", Fault::Kind::compacted},
    KnownMessage{"is a future revision", Fault::Kind::future_revision},
    KnownMessage{"request is too large", Fault::Kind::too_large},
    KnownMessage{"too many operations", Fault::Kind::too_large},
    KnownMessage{"database space exceeded", Fault::Kind::no_space},
};

Fault::Kind kind_of_code(std::int64_t code) noexcept {
    switch (code) {
        case 1:   // canceled
        case 2:   // unknown
        case 4:   // deadline exceeded
        case 8:   // resource exhausted: too many requests
        case 13:  // internal
        case 14:  // unavailable
            return Fault::Kind::unavailable;
        case 7:
            return Fault::Kind::forbidden;
        case 16:
            return Fault::Kind::token;
        default:
            return Fault::Kind::rejected;
    }
}

std::string shown(std::string_view text) {
    return printable(text, limits::text_max);
}

}  // namespace

bool is_of_endpoint(const Fault& fault) noexcept {
    return fault.kind == Fault::Kind::unreachable || fault.kind == Fault::Kind::unavailable ||
           fault.kind == Fault::Kind::malformed;
}

bool may_be_done(const Fault& fault) noexcept {
    return is_of_endpoint(fault);
}

Fault fault_of(std::int64_t code, std::string_view message) {
    for (const KnownMessage& known : known_messages) {
        if (message.find(known.part) != std::string_view::npos) {
            return {known.kind, shown(message)};
        }
    }
    return {kind_of_code(code), message.empty() ? "error " + std::to_string(code) : shown(message)};
}

Fault fault_of_response(unsigned status, std::string_view body) {
    if (const auto read = read_json_object(body)) {
        const auto code = number_in(*read, "code");
        const std::string message = text_in(*read, "message").value_or("");
        if (code && *code > 0 && !message.empty()) {
            return fault_of(*code, message);
        }
    }
    const std::string text = "HTTP status " + std::to_string(status);
    if (status >= 500) {
        return {Fault::Kind::unavailable, text};
    }
    return malformed(status >= 300 && status < 400 ? text + ", a redirect" : text);
}

Fault malformed(std::string_view what) {
    return {Fault::Kind::malformed, printable("the answer is not one of etcd: " + std::string(what), limits::text_max)};
}

}  // namespace ferrotunnel::etcd
