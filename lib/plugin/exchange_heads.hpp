// The heads of an exchange with the plugins' changes: the fields of both, and the request's target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/edits.hpp"
#include "http/head.hpp"
#include "http/owned_head.hpp"
#include "plugin/field_log.hpp"
#include "plugin/run_context.hpp"
#include "plugin/run_texts.hpp"

namespace ferrotunnel::plugin {

/// The response's head exists only in its phase. Sides are those of plugin_abi.h.
class ExchangeHeads {
public:
    /// The number of changes at some time.
    struct Mark {
        std::size_t request_changes = 0;
        std::size_t response_changes = 0;
        std::string_view path{};
        std::string_view query{};
    };

    ExchangeHeads(const RunContext& at, const http::RequestHead& head, RunTexts& texts)
        : at_(at), texts_(texts), head_(head) {}

    std::string_view method() const noexcept { return head_.method(); }
    std::string_view path() const noexcept { return path_.empty() ? head_.path() : path_; }
    std::string_view query() const noexcept { return path_.empty() ? head_.query() : query_; }
    /// The nth field of that name.
    std::optional<std::string_view> field(std::uint32_t side, std::string_view name, std::size_t nth) const;
    /// The ith of all fields.
    std::optional<http::Edits::Edit> field_at(std::uint32_t side, std::size_t i) const;
    /// The memory of the copied request.
    std::size_t bytes() const noexcept { return head_.bytes(); }

    /// Stores a change of a field; its texts, of `bytes` in total, are copied. False if there is no room.
    bool edit(std::uint32_t side, FieldLog::Change& change, std::size_t bytes);
    /// Stores another target. False if there is no room.
    bool set_target(std::string_view path, std::string_view query);

    Mark mark() const noexcept { return {request_log_.size(), response_log_.size(), path_, query_}; }
    void roll_back(const Mark& mark) noexcept;
    /// Another response replaces this one.
    void drop_response_changes() noexcept { response_log_.roll_back(0); }

    bool changes_target() const noexcept { return !path_.empty(); }
    /// Makes `head` the request's, with the present target.
    void restore(http::RequestHead& head) const noexcept;
    /// Adds the changes to `edits`; for a request, after the removal of identity fields. False if there is no room.
    bool put(std::uint32_t side, http::Edits& edits) const noexcept;

private:
    BaseFields base_of(std::uint32_t side) const noexcept;
    bool has_head(std::uint32_t side) const noexcept { return side == FT_REQUEST || at_.is_in(RunPhase::response); }
    const FieldLog& log_of(std::uint32_t side) const noexcept {
        return side == FT_REQUEST ? request_log_ : response_log_;
    }

    const RunContext& at_;
    RunTexts& texts_;
    const http::OwnedHead head_;
    FieldLog request_log_;
    FieldLog response_log_;
    std::string_view path_;  // empty: as the visitor sent it
    std::string_view query_;
};

}  // namespace ferrotunnel::plugin
