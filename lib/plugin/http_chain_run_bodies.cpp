// Bodies: who of a run has asked for one, and those that are collected.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "http/field_name.hpp"
#include "plugin/http_chain_run.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {
namespace {

constexpr std::uint16_t partial_content = 206;

}  // namespace

// --- who has asked ---

// The passage of a side's body, for the hook that runs; null: it may not ask for that side now.
BodyPassage* HttpChainRun::passage_for_hook(std::uint32_t side) {
    const bool is_now = current_ != none && ((side == FT_REQUEST && phase_ == Phase::request) ||
                                             (side == FT_RESPONSE && phase_ == Phase::response && !answer_.switches));
    if (!is_now) {
        return nullptr;
    }
    std::unique_ptr<BodyPassage>& passage = passages_[side];
    if (passage == nullptr) {
        passage = std::make_unique<BodyPassage>(info_.id, chain_->watch());
    }
    return passage.get();
}

bool HttpChainRun::observe(std::uint32_t side, BodyPassage::LookCall look, void* user, BodyPassage::Release release) {
    BodyPassage* const passage = passage_for_hook(side);
    return passage != nullptr && passage->add_look(instance(current_), look, user, release);
}

bool HttpChainRun::transform(std::uint32_t side, const ft_body_filter& filter, void* user, bool& is_unused) {
    BodyPassage* const passage = passage_for_hook(side);
    if (passage == nullptr || (side == FT_RESPONSE && answer_.status == partial_content)) {
        return false;
    }
    const Instance& by = instance(current_);
    is_unused = by.observes();
    const bool is_added = !is_unused && passage->add_filter(by, filter, user);
    if (is_unused || is_added) {
        by.count(Count::bodies);
    }
    if (is_unused) {
        by.tell_change(info_.id, side == FT_REQUEST ? "request body" : "response body", "transformed");
    }
    return is_added;
}

hooks::BodyWay* HttpChainRun::body(hooks::Side side) noexcept {
    BodyPassage* const passage = passages_[static_cast<std::size_t>(side)].get();
    return passage != nullptr && passage->stages() > 0 ? passage : nullptr;
}

std::size_t HttpChainRun::stages(std::uint32_t side) const noexcept {
    return passages_[side] != nullptr ? passages_[side]->stages() : 0;
}

void HttpChainRun::take_back_stages(std::uint32_t side, std::size_t n) noexcept {
    if (passages_[side] != nullptr) {
        passages_[side]->take_back(n);
    }
}

// --- heads of what is transformed ---

bool HttpChainRun::transforms(std::uint32_t side) const noexcept {
    return passages_[side] != nullptr && passages_[side]->changes();
}

// Takes away what no longer holds for the body. The same fields may not come as trailers.
bool HttpChainRun::put_framing(std::uint32_t side, http::Edits& edits) const noexcept {
    if (!transforms(side)) {
        return true;
    }
    bool fits = true;
    for (const std::string_view name : {"Content-MD5", "Digest", "Content-Digest", "Repr-Digest"}) {
        fits = fits && edits.remove(name);
    }
    if (side == FT_RESPONSE) {
        fits = fits && edits.remove("Accept-Ranges");
    }
    if (side == FT_RESPONSE && has_strong_etag_) {
        fits = fits && (weak_etag_.empty() ? edits.remove("ETag") : edits.set("ETag", weak_etag_));
    }
    return fits;
}

// The answer's ETag as the plugins leave it, made weak: what is sent is not byte for byte what it stands for.
void HttpChainRun::weaken_etag() noexcept {
    weak_etag_.clear();
    const auto etag = transforms(FT_RESPONSE) ? response_log_.value(base_of(FT_RESPONSE), "ETag", 0) : std::nullopt;
    has_strong_etag_ = etag && etag->starts_with('"');
    if (has_strong_etag_) {
        try {
            weak_etag_ = std::string("W/").append(*etag);
        } catch (const std::exception&) {  // no memory: it has none
        }
    }
}

// --- collecting ---

bool HttpChainRun::collect(const Collects& wanted) {
    const bool is_now =
        current_ != none && (phase_ == Phase::request || (phase_ == Phase::response && !answer_.switches));
    if (!is_now || collects_ || has_collected_) {
        return false;
    }
    collects_ = wanted;
    collects_->max =
        wanted.max == 0 ? limits::plugin_collect_default : std::min(wanted.max, limits::plugin_collect_max);
    return true;
}

void HttpChainRun::drop_collects() noexcept {
    is_collecting_ = false;
    collect_failure_ = {};
    if (collects_) {
        const Collects dropped = *std::exchange(collects_, std::nullopt);
        if (dropped.release != nullptr) {
            dropped.release(dropped.user);
        }
    }
}

bool HttpChainRun::awaits_body() noexcept {
    return is_collecting_ && !body_of_phase().is_whole && collect_failure_.empty();
}

// Others may have collected more than the one that is asked now takes.
bool HttpChainRun::has_body_for_hook() noexcept {
    return collect_failure_.empty() && body_of_phase().body.bytes().size() <= collects_->max;
}

// A visitor who sends too much is told so. That an answer cannot be collected is not a fault of the visitor's: the
// plugin's failure policy decides.
std::optional<hooks::Step> HttpChainRun::body_refused(const Instance& asked) noexcept {
    const std::string_view why = collect_failure_.empty() ? "the body is larger than it takes" : collect_failure_;
    const bool is_visitors = phase_ == Phase::request && collect_failure_.empty();
    drop_collects();
    if (!is_visitors) {
        return failed(asked, why);
    }
    reply_ = {};
    reply_.page = http::PageState::body_too_large;
    reply_.why = "the body of the request is larger than the plugin " + asked.id() + " takes";
    return asked.observes() ? answered(asked) : hooks::Step::answer;
}

ft_decision HttpChainRun::decide_on_body() {
    is_collecting_ = false;
    const Collects collects = *std::exchange(collects_, std::nullopt);
    const struct Released {
        const Collects& collects;
        ~Released() {
            if (collects.release != nullptr) {
                collects.release(collects.user);
            }
        }
    } released{collects};
    has_collected_ = true;
    const std::string_view bytes = body_of_phase().body.bytes();
    return collects.then(this, collects.user, {bytes.data(), bytes.size()});
}

std::size_t HttpChainRun::collect_max() const noexcept {
    return collects_ ? collects_->max : 0;
}

hooks::Collected HttpChainRun::collect(std::string_view piece) noexcept {
    try {
        return body_of_phase().body.add(piece, collect_max());
    } catch (const std::exception&) {
        return hooks::Collected::no_room;
    }
}

}  // namespace ferrotunnel::plugin
