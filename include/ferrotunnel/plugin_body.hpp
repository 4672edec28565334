// Request and response bodies for plugins in C++: a part of plugin.hpp, which includes it.
//
//    class Shouting : public BodyFilter {
//        void chunk(Text in, bool last, Sink& out) override { out.write(in_capitals(in)); }
//    };
//
//    Decision on_response(Exchange& exchange) override {
//        exchange.transform(Side::response, std::make_unique<Shouting>());
//        return Decision::go_on();
//    }
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "ferrotunnel/plugin.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// The output of a body filter. Valid within one call of the filter.
class Sink {
public:
    explicit Sink(ft_sink* sink) noexcept : sink_(sink) {}

    /// Adds to the output; the bytes are copied. False: more than 1 MiB in one call, which is a failure of the filter.
    bool write(Text bytes) { return detail::api.body->write(sink_, bytes.data(), bytes.size()) != 0; }
    /// How much can be written until the filter gets no more input: 64 KiB, less the bytes already waiting.
    std::size_t room() const { return detail::api.body->room(sink_); }
    /// Announces more output: pull() is called when there is room, and chunk() only after pull() has returned without
    /// announcing more.
    void more() { detail::api.body->more(sink_); }

private:
    ft_sink* sink_;
};

/// Transforms a body, piece by piece. Each exchange has its own filter, called on the exchange's worker and destroyed
/// when the exchange is over. An exception is a failure: for the first piece the failure policy decides, later the
/// message is cut.
class BodyFilter {
public:
    virtual ~BodyFilter() = default;
    /// Receives the next piece, of at most 16,376 bytes. `last`: no piece follows; such a piece may be empty.
    virtual void chunk(Text in, bool last, Sink& out) = 0;
    /// Called when there is room again, after Sink::more().
    virtual void pull(Sink& out) { (void)out; }
    /// Called when no more of the body is available for now: writes what was held back since the last piece, so that a
    /// slow body does not wait for its end. Only for filters that hold bytes back, such as a compressor.
    virtual void flush(Sink& out) { (void)out; }
};

// --- implementation ---

template <typename Look>
bool Exchange::observe(Side side, Look look) {
    if (detail::api.body == nullptr) {
        return false;
    }
    const auto show = [](void* user, ft_text piece, std::int32_t last) noexcept -> std::int32_t {
        return detail::guarded("what it gave to observe()", [&] {
            Look& kept = *static_cast<Look*>(user);
            if constexpr (std::is_invocable_v<Look&, Text, bool>) {
                kept(detail::view(piece), last != 0);
            } else {
                kept(detail::view(piece));
                (void)last;
            }
            return 0;
        });
    };
    auto kept = std::make_unique<Look>(std::move(look));
    return detail::api.body->observe(exchange_, static_cast<std::uint32_t>(side), show, kept.release(),
                                     [](void* user) { delete static_cast<Look*>(user); }) != 0;
}

inline bool Exchange::transform(Side side, std::unique_ptr<BodyFilter> filter) {
    if (detail::api.body == nullptr || filter == nullptr) {
        return false;
    }
    ft_body_filter calls{};
    calls.size = sizeof(calls);
    calls.chunk = [](void* user, ft_text in, std::int32_t last, ft_sink* out) noexcept -> std::int32_t {
        return detail::guarded("BodyFilter::chunk()", [&] {
            Sink sink(out);
            static_cast<BodyFilter*>(user)->chunk(detail::view(in), last != 0, sink);
            return 0;
        });
    };
    calls.pull = [](void* user, ft_sink* out) noexcept -> std::int32_t {
        return detail::guarded("BodyFilter::pull()", [&] {
            Sink sink(out);
            static_cast<BodyFilter*>(user)->pull(sink);
            return 0;
        });
    };
    calls.release = [](void* user) { delete static_cast<BodyFilter*>(user); };
    calls.flush = [](void* user, ft_sink* out) noexcept -> std::int32_t {
        return detail::guarded("BodyFilter::flush()", [&] {
            Sink sink(out);
            static_cast<BodyFilter*>(user)->flush(sink);
            return 0;
        });
    };
    return detail::api.body->transform(exchange_, static_cast<std::uint32_t>(side), &calls, filter.release()) != 0;
}

template <typename Then>
Decision Exchange::collect(std::size_t max, Then then) {
    if (detail::api.body == nullptr) {
        return Decision::fail();
    }
    const auto decide = [](ft_exchange* raw, void* user, ft_text body) noexcept -> ft_decision {
        return detail::guarded("what it gave to collect()", [&] {
            Exchange exchange(raw);
            return (*static_cast<Then*>(user))(exchange, detail::view(body)).settle(raw);
        });
    };
    auto kept = std::make_unique<Then>(std::move(then));
    const bool collects = detail::api.body->collect(exchange_, max, decide, kept.release(),
                                                    [](void* user) { delete static_cast<Then*>(user); }) != 0;
    if (!collects) {
        (void)detail::explain("collect() is for hooks of requests and answers, once in each");
        return Decision::fail();
    }
    return Decision(FT_COLLECT);
}

}  // namespace ferrotunnel::plugin
