#include "inspect/inspector.hpp"

#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/tap.hpp"
#include "inspect/http_tap.hpp"

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

// Records a connection that is not valid HTTP: when it began and ended, how, and its bytes.
class ConnectionTap final : public Tap {
public:
    ConnectionTap(Inspector& inspector, Origin origin) : record_(inspector.records().begin(begun(std::move(origin)))) {}

    void to_backend(Bytes bytes, TimePoint) noexcept override {
        record_->change([&](Exchange& exchange) { exchange.to_backend += bytes.size(); });
    }
    void from_backend(Bytes bytes, TimePoint now) noexcept override {
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
    void backend_ended(bool in_order, TimePoint) noexcept override {
        record_->change([&](Exchange& exchange) {
            if (exchange.state == Exchange::State::under_way) {
                exchange.state = in_order ? Exchange::State::complete : Exchange::State::backend_left;
            }
        });
    }
    void not_reached(std::string_view why, std::span<const Bytes>, TimePoint) noexcept override {
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
    void over(TimePoint now) noexcept override {
        record_->change([&](Exchange& exchange) {
            if (exchange.state == Exchange::State::under_way) {
                exchange.state = Exchange::State::visitor_left;
            }
            exchange.end = now - exchange.began;
        });
    }

private:
    const std::shared_ptr<Record> record_;
};

}  // namespace

std::unique_ptr<Tap> Inspector::http_tap(Origin origin) noexcept {
    try {
        return std::make_unique<HttpTap>(shared_from_this(), std::move(origin));
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

std::unique_ptr<Tap> Inspector::connection_tap(Origin origin) noexcept {
    try {
        return std::make_unique<ConnectionTap>(*this, std::move(origin));
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

}  // namespace ferrotunnel::inspect
