#include "ferrotunnel/error.hpp"

namespace ferrotunnel {
namespace {

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "ferrotunnel"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::session_closed:
                return "this side's client or server was stopped";
            case errc::connection_lost:
                return "the connection between client and server was lost";
            case errc::stream_reset:
                return "the stream was reset by the other side";
            case errc::refused:
                return "the service refused the connection";
            case errc::timed_out:
                return "the operation timed out";
            case errc::unknown_service:
                return "no such service";
            case errc::busy:
                return "a limit was reached; try again later";
            case errc::unauthorized:
                return "the token was not accepted";
            case errc::superseded:
                return "another client replaced this one";
            case errc::protocol_violation:
                return "the other side does not follow the protocol";
            case errc::port_taken:
                return "the public port is taken";
            case errc::port_forbidden:
                return "the server does not allow this public port";
            case errc::name_taken:
                return "the name is taken";
            case errc::forbidden:
                return "the server does not allow this";
            case errc::unsupported:
                return "the other side does not support this";
            case errc::would_deadlock:
                return "a blocking call on a thread that the call would wait for";
            case errc::not_running:
                return "not running";
            case errc::already_running:
                return "it was started before, and cannot be started again after it has stopped: create a new one";
            case errc::tls_failed:
                return "the TLS handshake failed";
            case errc::tls_mismatch:
                return "one side uses TLS and the other does not";
            case errc::version_mismatch:
                return "client and server have no protocol version in common";
            case errc::draining:
                return "the other side is shutting down";
            case errc::invalid_argument:
                return "invalid argument";
            case errc::server_unreachable:
                return "the server cannot be reached";
            case errc::internal:
                return "internal error";
        }
        return "unknown error " + std::to_string(value);
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<errc>(value)) {
            case errc::session_closed:
            case errc::not_running:
                return std::errc::not_connected;
            case errc::connection_lost:
            case errc::stream_reset:
                return std::errc::connection_reset;
            case errc::refused:
                return std::errc::connection_refused;
            case errc::timed_out:
                return std::errc::timed_out;
            case errc::unknown_service:
            case errc::server_unreachable:
                return std::errc::host_unreachable;
            case errc::busy:
                return std::errc::resource_unavailable_try_again;
            case errc::unauthorized:
            case errc::port_forbidden:
            case errc::forbidden:
                return std::errc::permission_denied;
            case errc::superseded:
            case errc::draining:
                return std::errc::connection_aborted;
            case errc::protocol_violation:
            case errc::tls_failed:
            case errc::tls_mismatch:
                return std::errc::protocol_error;
            case errc::port_taken:
            case errc::name_taken:
                return std::errc::address_in_use;
            case errc::unsupported:
                return std::errc::not_supported;
            case errc::would_deadlock:
                return std::errc::resource_deadlock_would_occur;
            case errc::already_running:
                return std::errc::already_connected;
            case errc::version_mismatch:
                return std::errc::protocol_not_supported;
            case errc::invalid_argument:
                return std::errc::invalid_argument;
            case errc::internal:
                return std::errc::state_not_recoverable;
        }
        return {value, *this};
    }
};

std::string text_of(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) {
        text += text.empty() ? "" : "\n";
        text += to_text(problem);
    }
    return text;
}

}  // namespace

const std::error_category& ferrotunnel_category() noexcept {
    static const Category category;
    return category;
}

std::string to_text(const Problem& problem) {
    std::string text = problem.file;
    if (problem.line != 0) {
        text += ':' + std::to_string(problem.line) + ':' + std::to_string(problem.column);
    }
    for (const std::string& part : {problem.key, problem.text}) {
        text += text.empty() || part.empty() ? part : ": " + part;
    }
    return text;
}

config_error::config_error(std::vector<Problem> problems)
    : std::runtime_error(text_of(problems)), problems_(std::move(problems)) {}

config_error::~config_error() = default;

}  // namespace ferrotunnel
