#include "plugin/body_run.hpp"

#include <exception>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace ferrotunnel::plugin {
namespace {

constexpr std::uint16_t partial_content = 206;

}  // namespace

BodyPassage& BodyRun::passage(std::uint32_t side) {
    std::unique_ptr<BodyPassage>& passage = passages_[side];
    if (passage == nullptr) {
        passage = std::make_unique<BodyPassage>(at_.info.id, at_.chain.watch());
    }
    return *passage;
}

// Null if the running hook may not request this side's body now.
BodyPassage* BodyRun::passage_for_hook(std::uint32_t side) {
    const bool is_now =
        at_.is_in_hook() && ((side == FT_REQUEST && at_.is_in(RunPhase::request)) ||
                             (side == FT_RESPONSE && at_.is_in(RunPhase::response) && !at_.position.answer.switches));
    return is_now ? &passage(side) : nullptr;
}

bool BodyRun::observe(std::uint32_t side, BodyPassage::LookCall look, void* user, BodyPassage::Release release) {
    BodyPassage* const passage = passage_for_hook(side);
    return passage != nullptr && passage->add_look(at_.current(), look, user, release);
}

bool BodyRun::transform(std::uint32_t side, const ft_body_filter& filter, void* user, bool& is_unused) {
    BodyPassage* const passage = passage_for_hook(side);
    if (passage == nullptr || (side == FT_RESPONSE && at_.position.answer.status == partial_content)) {
        return false;
    }
    const Instance& by = at_.current();
    is_unused = by.observes();
    const bool is_added = !is_unused && passage->add_filter(by, filter, user);
    if (is_unused || is_added) {
        by.count(Count::bodies);
    }
    if (is_unused) {
        by.tell_change(at_.info.id, side == FT_REQUEST ? "request body" : "response body", "transformed");
    }
    return is_added;
}

void BodyRun::take_back(const Mark& mark) noexcept {
    for (std::size_t side = 0; side < mark.size(); ++side) {
        if (passages_[side] != nullptr) {
            passages_[side]->take_back(mark[side]);
        }
    }
}

void BodyRun::drop_response() noexcept {
    take_back({stages(FT_REQUEST), 0});
    etag_ = Etag::kept;
}

hooks::BodyWay* BodyRun::body(std::uint32_t side) noexcept {
    return stages(side) > 0 ? passages_[side].get() : nullptr;
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
