#include "headers/value_template.hpp"

#include <stdexcept>
#include <utility>

#include "common/template_text.hpp"

namespace ferrotunnel::plugins {

using plugin::Exchange;
using plugin::Side;
using plugin::Text;

ValueTemplate::ValueTemplate(std::string_view text) {
    split_template(
        text,
        [this](std::string_view between) {
            pieces_.push_back({What::text, std::string(between)});
        },
        [this](std::string_view name) { pieces_.push_back(piece_of(name)); });
}

ValueTemplate::Piece ValueTemplate::piece_of(std::string_view name) {
    constexpr std::pair<std::string_view, What> names[] = {
        {"visitor", What::visitor}, {"host", What::host},
        {"method", What::method},   {"path", What::path},
        {"query", What::query},     {"service", What::service},
        {"scheme", What::scheme},   {"request_id", What::request_id},
    };
    for (const auto& [known, what] : names) {
        if (name == known) {
            return {what, {}};
        }
    }
    constexpr std::string_view note = "note.";
    constexpr std::string_view field = "field.";
    if (name.starts_with(note) && name.size() > note.size()) {
        return {What::note, std::string(name.substr(note.size()))};
    }
    if (name.starts_with(field) && name.size() > field.size()) {
        return {What::field, std::string(name.substr(field.size()))};
    }
    throw std::invalid_argument("has {{" + std::string(name) +
                                "}}, which is unknown; expected visitor, host, method, path, query, service, "
                                "scheme, request_id, note.NAME and field.NAME");
}

std::string ValueTemplate::value(const Exchange& exchange) const {
    std::string value;
    for (const Piece& piece : pieces_) {
        value += text_of(piece, exchange);
    }
    // A value neither begins nor ends with whitespace, which is left where a piece is empty.
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    if (value.empty() || (!is_blank(value.front()) && !is_blank(value.back()))) {
        return value;
    }
    const std::size_t begin = value.find_first_not_of(" \t");
    const std::size_t end = value.find_last_not_of(" \t");
    return begin == std::string::npos ? std::string() : value.substr(begin, end - begin + 1);
}

std::vector<std::string> ValueTemplate::notes() const {
    std::vector<std::string> names;
    for (const Piece& piece : pieces_) {
        if (piece.what == What::note) {
            names.push_back(piece.name);
        }
    }
    return names;
}

Text ValueTemplate::text_of(const Piece& piece, const Exchange& exchange) {
    switch (piece.what) {
        case What::text:
            return piece.name;
        case What::visitor:
            return exchange.visitor();
        case What::host:
            return exchange.host();
        case What::method:
            return exchange.method();
        case What::path:
            return exchange.path();
        case What::query:
            return exchange.query();
        case What::service:
            return exchange.service();
        case What::scheme:
            return exchange.is_https() ? "https" : "http";
        case What::request_id:
            return exchange.request_id();
        case What::note:
            return exchange.note(piece.name);
        case What::field:
            return exchange.field(Side::request, piece.name).value_or(Text());
    }
    return {};
}

}  // namespace ferrotunnel::plugins
