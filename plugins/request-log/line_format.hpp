// Formats a log line about a request: as JSON, in the combined format of web servers, or by a template.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "request-log/line_writer.hpp"

namespace ferrotunnel::plugins {

class LineFormat {
public:
    /// For the settings "format", "template", "fields", "notes", "mask" and "query". Throws std::invalid_argument for a
    /// template that cannot be used, in words that follow the setting's name.
    explicit LineFormat(const plugin::Settings& settings);

    /// Writes the line of an exchange that has just ended; returns its size. Thread-safe; does not allocate.
    std::size_t write(char* line, std::size_t size, const plugin::Exchange& exchange, const plugin::Outcome& outcome,
                      std::chrono::system_clock::time_point now) const noexcept;

private:
    enum class Kind : std::uint8_t { json, combined, by_template };
    enum class What : std::uint8_t {
        text,
        time,
        visitor,
        host,
        method,
        path,
        query,
        service,
        scheme,
        request_id,
        status,
        complete,
        request_bytes,
        response_bytes,
        ms,
        note,
        field
    };
    struct Piece {
        What what = What::text;
        std::string name;  // of the note or field, or the text itself
        bool is_masked = false;
        bool with_query = true;  // of a URL in the field's value
    };
    /// The data of a line.
    struct Facts {
        const plugin::Exchange& exchange;
        const plugin::Outcome& outcome;
        std::chrono::system_clock::time_point now;
    };

    static What what_of(std::string_view name);
    Piece piece_of(std::string_view name) const;
    Piece field_piece(std::string_view name) const;
    bool is_secret(std::string_view field) const noexcept;
    static std::string_view text_of(const Piece& piece, const Facts& facts) noexcept;
    void write_json(LineWriter& line, const Facts& facts) const noexcept;
    void write_combined(LineWriter& line, const Facts& facts) const noexcept;
    void write_template(LineWriter& line, const Facts& facts) const noexcept;
    static void write_piece(LineWriter& line, const Piece& piece, const Facts& facts) noexcept;

    Kind kind_ = Kind::json;
    bool with_query_ = false;
    std::vector<std::string> secrets_;
    std::vector<Piece> fields_;  // and notes, after the other members in JSON
    std::vector<Piece> pieces_;  // of the template
    Piece referer_;
    Piece user_agent_;
};

}  // namespace ferrotunnel::plugins
