#include "plugin/exchange_heads.hpp"

#include <string>

namespace ferrotunnel::plugin {

BaseFields ExchangeHeads::base_of(std::uint32_t side) const noexcept {
    if (side == FT_REQUEST) {
        return {&head_, nullptr, nullptr, at_.chain.identity};
    }
    const hooks::AnswerView& answer = at_.position.answer;
    return at_.is_in(RunPhase::response) ? BaseFields{nullptr, answer.fields, answer.edits, {}} : BaseFields{};
}

std::optional<std::string_view> ExchangeHeads::field(std::uint32_t side, std::string_view name, std::size_t nth) const {
    return has_head(side) ? log_of(side).value(base_of(side), name, nth) : std::nullopt;
}

std::optional<http::Edits::Edit> ExchangeHeads::field_at(std::uint32_t side, std::size_t i) const {
    return has_head(side) ? log_of(side).field(base_of(side), i) : std::nullopt;
}

bool ExchangeHeads::edit(std::uint32_t side, FieldLog::Change& change, std::size_t bytes) {
    FieldLog& log = side == FT_REQUEST ? request_log_ : response_log_;
    if (log.is_full() || !texts_.has_room(bytes)) {
        return false;
    }
    texts_.keep(change.name, change.value);
    log.add(change);
    return true;
}

bool ExchangeHeads::set_target(std::string_view path, std::string_view query) {
    const auto kept_path = texts_.keep(path);
    const auto kept_query = texts_.keep(query);
    if (!kept_path || !kept_query) {
        return false;
    }
    path_ = *kept_path;
    query_ = *kept_query;
    return true;
}

void ExchangeHeads::roll_back(const Mark& mark) noexcept {
    request_log_.roll_back(mark.request_changes);
    response_log_.roll_back(mark.response_changes);
    path_ = mark.path;
    query_ = mark.query;
}

void ExchangeHeads::restore(http::RequestHead& head) const noexcept {
    head_.restore(head);
    if (changes_target()) {
        head.target.path = path_;
        head.target.query = query_;
    }
}

bool ExchangeHeads::put(std::uint32_t side, http::Edits& edits) const noexcept {
    if (side == FT_REQUEST) {
        for (const std::string& name : at_.chain.identity) {
            if (!edits.remove(name)) {
                return false;
            }
        }
    }
    return log_of(side).put(edits);
}

}  // namespace ferrotunnel::plugin
