#include "inspect/connection_tap.hpp"

#include <new>
#include <string>
#include <utility>

namespace ferrotunnel::inspect {
namespace {

Exchange begun(Origin origin) {
    Exchange exchange;
    exchange.kind = Exchange::Kind::connection;
    exchange.service = std::move(origin.service);
    exchange.backend = std::move(origin.backend);
    exchange.visitor = std::move(origin.visitor);
    exchange.began = origin.at;
    return exchange;
}

}  // namespace

ConnectionTap::ConnectionTap(Inspector& inspector, Origin origin)
    : record_(inspector.records().begin(begun(std::move(origin)))) {}

void ConnectionTap::to_backend(Bytes bytes, TimePoint) noexcept {
    record_->change([&](Exchange& exchange) { exchange.to_backend += bytes.size(); });
}

void ConnectionTap::from_backend(Bytes bytes, TimePoint now) noexcept {
    if (bytes.empty()) {
        return;
    }
    record_->change([&](Exchange& exchange) {
        exchange.from_backend += bytes.size();
        if (!exchange.first_byte) {
            exchange.first_byte = now - exchange.began;
        }
    });
}

void ConnectionTap::backend_ended(bool in_order, TimePoint) noexcept {
    record_->change([&](Exchange& exchange) {
        if (exchange.state == Exchange::State::under_way) {
            exchange.state = in_order ? Exchange::State::complete : Exchange::State::backend_left;
        }
    });
}

void ConnectionTap::not_reached(std::string_view why, std::span<const Bytes>, TimePoint) noexcept {
    try {
        std::string text(why);
        record_->change([&](Exchange& exchange) {
            exchange.state = Exchange::State::lost;
            exchange.why = std::move(text);
        });
    } catch (const std::bad_alloc&) {
        record_->change([](Exchange& exchange) { exchange.state = Exchange::State::lost; });
    }
}

// If the backend has not ended its direction, the visitor has left.
void ConnectionTap::over(TimePoint now) noexcept {
    record_->change([&](Exchange& exchange) {
        if (exchange.state == Exchange::State::under_way) {
            exchange.state = Exchange::State::visitor_left;
        }
        exchange.end = now - exchange.began;
    });
}

}  // namespace ferrotunnel::inspect
