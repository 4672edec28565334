// A field value with placeholders for properties of the exchange: "{{visitor}} as {{note.auth.subject}}".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class ValueTemplate {
public:
    /// Parses a template. Throws std::invalid_argument for an unknown name, in words that follow the setting's name.
    explicit ValueTemplate(std::string_view text);

    /// The value for this exchange. Unknown properties are empty.
    std::string value(const plugin::Exchange& exchange) const;
    /// The names of the notes in the template.
    std::vector<std::string> notes() const;

private:
    enum class What : std::uint8_t {
        text,
        visitor,
        host,
        method,
        path,
        query,
        service,
        scheme,
        request_id,
        note,
        field
    };

    struct Piece {
        What what = What::text;
        std::string name;  // of the note or field, or the text itself
    };

    static Piece piece_of(std::string_view name);
    static plugin::Text text_of(const Piece& piece, const plugin::Exchange& exchange);

    std::vector<Piece> pieces_;
};

}  // namespace ferrotunnel::plugins
