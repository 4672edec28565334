#include "plugin/body_run.hpp"

#include <exception>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace ferrotunnel::plugin {
namespace {

constexpr std::uint16_t partial_content = 206;

}  // namespace

BodyFilterChain& BodyRun::filter_chain(std::uint32_t side) {
    std::unique_ptr<BodyFilterChain>& filter_chain = filter_chains_[side];
    if (filter_chain == nullptr) {
        filter_chain = std::make_unique<BodyFilterChain>(at_.info.id, at_.chain.watch());
    }
    return *filter_chain;
}

// Null if the running hook may not request this side's body now.
BodyFilterChain* BodyRun::filter_chain_for_hook(std::uint32_t side) {
    const bool is_now =
        at_.is_in_hook() && ((side == FT_REQUEST && at_.is_in(RunPhase::request)) ||
                             (side == FT_RESPONSE && at_.is_in(RunPhase::response) && !at_.position.answer.switches));
    return is_now ? &filter_chain(side) : nullptr;
}

bool BodyRun::observe(std::uint32_t side, BodyFilterChain::ObserveCall look, void* user,
                      BodyFilterChain::Release release) {
    BodyFilterChain* const filter_chain = filter_chain_for_hook(side);
    return filter_chain != nullptr && filter_chain->add_observer(at_.current(), look, user, release);
}

bool BodyRun::transform(std::uint32_t side, const ft_body_filter& filter, void* user, bool& is_unused) {
    BodyFilterChain* const filter_chain = filter_chain_for_hook(side);
    if (filter_chain == nullptr || (side == FT_RESPONSE && at_.position.answer.status == partial_content)) {
        return false;
    }
    const Instance& by = at_.current();
    is_unused = by.observes();
    const bool is_added = !is_unused && filter_chain->add_filter(by, filter, user);
    if (is_unused || is_added) {
        by.count(Count::bodies);
    }
    if (is_unused) {
        by.log_change(at_.info.id, side == FT_REQUEST ? "request body" : "response body", "transformed");
    }
    return is_added;
}

void BodyRun::roll_back(const Mark& mark) noexcept {
    for (std::size_t side = 0; side < mark.size(); ++side) {
        if (filter_chains_[side] != nullptr) {
            filter_chains_[side]->roll_back(mark[side]);
        }
    }
}

void BodyRun::drop_response() noexcept {
    roll_back({stages(FT_REQUEST), 0});
    etag_ = Etag::kept;
}

hooks::BodyFilters* BodyRun::body(std::uint32_t side) noexcept {
    return stages(side) > 0 ? filter_chains_[side].get() : nullptr;
}

// The sent body is not byte for byte what a strong ETag stands for.
void BodyRun::weaken_etag(const ExchangeHeads& heads) noexcept {
    const auto etag = transforms(FT_RESPONSE) ? heads.field(FT_RESPONSE, "ETag", 0) : std::nullopt;
    etag_ = Etag::kept;
    if (etag && etag->starts_with('"')) {
        etag_ = Etag::removed;
        try {
            weak_etag_ = std::string("W/").append(*etag);
            etag_ = Etag::weak;
        } catch (const std::exception&) {  // no memory: the response has no ETag
        }
    }
}

bool BodyRun::put_framing(std::uint32_t side, http::Edits& edits) const noexcept {
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
    if (side == FT_RESPONSE && etag_ != Etag::kept) {
        fits = fits && (etag_ == Etag::weak ? edits.set("ETag", weak_etag_) : edits.remove("ETag"));
    }
    return fits;
}

}  // namespace ferrotunnel::plugin
