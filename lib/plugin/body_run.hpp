// The bodies of an exchange in the chain: which instances observe and transform them, and which fields the heads of
// transformed bodies lose.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "hooks/http_run.hpp"
#include "http/edits.hpp"
#include "plugin/body_filter_chain.hpp"
#include "plugin/exchange_heads.hpp"
#include "plugin/run_context.hpp"

namespace ferrotunnel::plugin {

/// Sides are those of plugin_abi.h. A BodyFilterChain has the state and the output of each body's stages.
class BodyRun {
public:
    /// The number of stages in the filter chains at some time.
    using Mark = std::array<std::size_t, 2>;

    explicit BodyRun(const RunContext& at) noexcept : at_(at) {}

    /// For the running hook, in the phase of that side: add a stage of its instance after the others. They own `user`
    /// if they return true. `is_unused`: the instance only observes, and would have transformed the body.
    bool observe(std::uint32_t side, BodyFilterChain::ObserveCall look, void* user, BodyFilterChain::Release release);
    bool transform(std::uint32_t side, const ft_body_filter& filter, void* user, bool& is_unused);
    /// Adds a stage that observes the request's body, outside of hooks.
    bool observe_request(const Instance& by, BodyFilterChain::ObserveCall look, void* user,
                         BodyFilterChain::Release release) {
        return filter_chain(FT_REQUEST).add_observer(by, look, user, release);
    }

    Mark mark() const noexcept { return {stages(FT_REQUEST), stages(FT_RESPONSE)}; }
    void roll_back(const Mark& mark) noexcept;
    /// Another response replaces this one.
    void drop_response() noexcept;

    /// The body's path on this side; null if no instance requested it.
    hooks::BodyFilters* body(std::uint32_t side) noexcept;
    /// All instances have seen the response: its ETag becomes weak if its body is transformed.
    void weaken_etag(const ExchangeHeads& heads) noexcept;
    /// Removes the fields that do not hold for a transformed body. They may not be trailers either. False if there is
    /// no room.
    bool put_framing(std::uint32_t side, http::Edits& edits) const noexcept;

private:
    enum class Etag : std::uint8_t { kept, removed, weak };

    BodyFilterChain& filter_chain(std::uint32_t side);
    BodyFilterChain* filter_chain_for_hook(std::uint32_t side);
    std::size_t stages(std::uint32_t side) const noexcept {
        return filter_chains_[side] != nullptr ? filter_chains_[side]->stages() : 0;
    }
    bool transforms(std::uint32_t side) const noexcept {
        return filter_chains_[side] != nullptr && filter_chains_[side]->changes();
    }

    const RunContext& at_;
    std::array<std::unique_ptr<BodyFilterChain>, 2> filter_chains_;  // by side
    Etag etag_ = Etag::kept;
    std::string weak_etag_;
};

}  // namespace ferrotunnel::plugin
