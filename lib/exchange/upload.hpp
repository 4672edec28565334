// The request body on its way from the visitor to the sender: counted, and through plugins that read it.
//
//   visitor --put--> sender                                                 no plugin reads it
//   visitor --put--> collected --collected--> filters --pass--> sender      plugins do: what they collect, or change
//
// What the plugins' output still holds blocks further input: accepts() is false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "exchange/exchange_context.hpp"
#include "exchange/request_sender.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::exchange {

/// The caller acts on every result except `going`.
class Upload {
public:
    enum class Result : std::uint8_t {
        going,
        collected,            // the plugins decide now
        too_large,            // for the service
        too_large_declared,   // for a plugin, as declared in the request's head
        too_large_collected,  // for a plugin
        no_room,              // for what plugins collect
        failed,               // a plugin has failed on it
    };

    /// `run`: the plugins of the exchange; null if there are none.
    Upload(const ExchangeContext& at, RequestSender& sender, const std::unique_ptr<hooks::HttpRun>& run) noexcept
        : at_(at), sender_(sender), run_(run) {}

    void begin(const http::RequestHead& head) noexcept {
        awaits_continue_ = head.expects_continue && head.body.kind != http::BodyKind::none;
    }

    // --- from the visitor ---

    /// Whether a piece can be taken, after pass().
    bool accepts() const;
    /// Whether put() may be called several times after one accepts().
    bool accepts_bulk() const noexcept { return !detour_; }
    [[nodiscard]] Result put(buffer::Slice payload, bool headroom);
    /// No more has arrived for now.
    [[nodiscard]] Result pause();
    [[nodiscard]] Result end(const http::Fields* trailers);

    /// Whether the request can begin again with another head: nothing of its body was taken.
    bool can_restart() const noexcept {
        return bytes_ == 0 && !detour_ && (!has_ended_ || at_.request.body.kind == http::BodyKind::none);
    }
    void restart() noexcept { has_early_end_ = has_ended_; }

    std::uint64_t bytes() const noexcept { return bytes_; }
    /// Counts bytes that are not a body: those after a protocol switch.
    void count(std::size_t bytes) noexcept { bytes_ += bytes; }
    bool has_ended() const noexcept { return has_ended_; }
    bool is_sent() const noexcept { return has_ended_ && !detour_ && sender_.has_sent_all(); }
    /// Whether the visitor waits for 100 (Continue).
    bool awaits_continue() const noexcept { return awaits_continue_; }
    void stop_awaiting_continue() noexcept { awaits_continue_ = false; }
    /// Whether the edge has to send 100 (Continue), since it reads the body before a backend does.
    bool consume_continue() noexcept { return detour_ != nullptr && std::exchange(awaits_continue_, false); }

    // --- to the sender ---

    /// Sends the end of a body that ended while the request waited.
    void send_early_end();
    /// Whether plugins read the body, and not all of it has been passed on.
    bool is_with_plugins() const noexcept { return detour_ != nullptr; }
    bool is_collecting() const noexcept { return detour_ && detour_->is_collecting; }
    /// Whether plugins have passed on a part of the body.
    bool has_begun() const noexcept { return detour_ && detour_->has_begun; }
    /// A plugin decides on the request when it has the body.
    [[nodiscard]] Result collect(const http::Body& declared);
    /// All plugins have let the request pass, and its head is not written yet.
    void prepare();
    /// Passes on what is available, as far as the connection accepts it.
    [[nodiscard]] Result pass() { return detour_ ? pass_detour() : Result::going; }
    /// The body is not needed any more.
    void drop() noexcept { detour_.reset(); }

private:
    /// The path of a body that does not go straight to the sender.
    struct Detour {
        hooks::BodyFilters* filters = nullptr;   // null if the body is only collected
        std::size_t collected_at = 0;            // how much of the collected bytes was passed on
        const http::Fields* trailers = nullptr;  // the visitor's
        bool is_collecting = false;              // the body is read for a plugin that decides afterwards
        bool filters_have_end = false;           // `filters` has received the end
        bool has_begun = false;                  // some of it has left
    };

    bool is_changed() const noexcept { return detour_->filters != nullptr && detour_->filters->changes(); }
    Result put_detour(buffer::Slice payload, bool headroom);
    Result end_detour(const http::Fields* trailers);
    Result pass_detour();
    bool pass_changed();
    bool pass_collected();
    std::string_view next_collected() const;
    bool is_last(std::string_view piece) const;
    void finish();

    const ExchangeContext& at_;
    RequestSender& sender_;
    const std::unique_ptr<hooks::HttpRun>& run_;
    std::unique_ptr<Detour> detour_;  // null: no plugin reads the body, or all of it was passed on
    std::uint64_t bytes_ = 0;
    const http::Fields* early_trailers_ = nullptr;  // at an early end
    bool has_ended_ = false;
    bool has_early_end_ = false;  // the body ended while the request waited
    bool awaits_continue_ = false;
};

}  // namespace ferrotunnel::exchange
