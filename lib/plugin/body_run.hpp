// The bodies of an exchange on their way through the chain: which instances observe them, which transform them, and
// what the heads of transformed ones no longer have.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "hooks/http_run.hpp"
#include "http/edits.hpp"
#include "plugin/body_passage.hpp"
#include "plugin/exchange_heads.hpp"
#include "plugin/run_context.hpp"

namespace ferrotunnel::plugin {

/// Sides are those of plugin_abi.h. What instances hold of a body, and what they make of it, is in its BodyPassage.
class BodyRun {
public:
    /// How many stages the passages had at some time.
    using Mark = std::array<std::size_t, 2>;

    explicit BodyRun(const RunContext& at) noexcept : at_(at) {}

    /// For the hook that runs, in the phase of that side: adds a stage of its instance behind the others. These take
    /// `user` when they return true. `is_unused`: the instance only observes, and would have transformed the body.
    bool observe(std::uint32_t side, BodyPassage::LookCall look, void* user, BodyPassage::Release release);
    bool transform(std::uint32_t side, const ft_body_filter& filter, void* user, bool& is_unused);
    /// Adds a stage that observes the request's body, outside of hooks.
    bool observe_request(const Instance& by, BodyPassage::LookCall look, void* user, BodyPassage::Release release) {
        return passage(FT_REQUEST).add_look(by, look, user, release);
    }

    Mark mark() const noexcept { return {stages(FT_REQUEST), stages(FT_RESPONSE)}; }
    void take_back(const Mark& mark) noexcept;
    /// Another response takes the place of this one.
    void drop_response() noexcept;

    /// The way of a side's body; null: no instance has asked for it.
    hooks::BodyWay* body(std::uint32_t side) noexcept;
    /// All instances have had the response: its ETag as they leave it becomes weak if its body is transformed.
    void weaken_etag(const ExchangeHeads& heads) noexcept;
    /// Removes what does not hold for a transformed body. The same fields may not be trailers. False: there is no room.
    bool put_framing(std::uint32_t side, http::Edits& edits) const noexcept;

private:
    enum class Etag : std::uint8_t { kept, removed, weak };

    BodyPassage& passage(std::uint32_t side);
    BodyPassage* passage_for_hook(std::uint32_t side);
    std::size_t stages(std::uint32_t side) const noexcept {
        return passages_[side] != nullptr ? passages_[side]->stages() : 0;
    }
    bool transforms(std::uint32_t side) const noexcept {
        return passages_[side] != nullptr && passages_[side]->changes();
    }

    const RunContext& at_;
    std::array<std::unique_ptr<BodyPassage>, 2> passages_;  // by side
    Etag etag_ = Etag::kept;
    std::string weak_etag_;
};

}  // namespace ferrotunnel::plugin
