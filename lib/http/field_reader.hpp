// Reads field lines up to the empty line, in one pass from left to right, however the bytes are split. The heads of
// requests and responses consist of such lines, and so do trailer sections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.hpp"
#include "http/fields.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

/// more: all bytes are read; call again with more appended. complete and refused are final until the reset.
enum class ParseState : std::uint8_t { more, complete, refused };

struct HeadLimits {
    std::size_t head_bytes_max = limits::http_head_max;
    std::size_t line_bytes_max = limits::http_line_max;  // including its line end
    /// At most limits::http_fields_max; http_edge_fields_max more are allowed for the names that edges add.
    std::size_t fields_max = limits::http_fields_max;
    std::size_t target_bytes_max = limits::http_target_max;
    bool operator==(const HeadLimits&) const = default;
};

/// How far the bytes of a line that began at `line_at` may be read: those from the result on are not there yet, or are
/// beyond a limit.
std::size_t readable(std::size_t size, std::size_t line_at, const HeadLimits& limits) noexcept;
/// The limit that keeps a line that began at `line_at` from continuing at `at`; none if the line may continue when more
/// bytes arrive.
Fault exceeded_limit(std::size_t at, std::size_t line_at, const HeadLimits& limits) noexcept;

class FieldReader {
public:
    explicit FieldReader(const HeadLimits& limits) noexcept;

    /// The fields begin at `at`. The bytes before that count towards the limit of the whole head.
    void begin(std::size_t at) noexcept;
    /// `bytes` are those of the last call, possibly moved in memory, with new ones appended.
    ParseState read(std::string_view bytes, Fields& fields) noexcept;

    /// The place after the empty line, once reading is complete.
    std::size_t at() const noexcept { return at_; }
    Fault fault() const noexcept { return fault_; }
    const HeadLimits& limits() const noexcept { return limits_; }

private:
    // line --':' in it--> name --> blanks --> value --CR--> line_feed --LF--> line
    //   \--CR--> last_line_feed --LF--> done
    enum class Phase : std::uint8_t { line, name, blanks, value, line_feed, last_line_feed, done };

    Fault read_line(const char* data, std::size_t size, Fields& fields) noexcept;
    Fault read_name(const char* data, const char*& at, const char* end) noexcept;
    Fault read_value(const char*& at, const char* end) noexcept;
    bool has_room_for(const char* data, std::string_view name, const Fields& fields) const noexcept;
    Fault add(const char* data, std::size_t value_end, Fields& fields) noexcept;

    HeadLimits limits_;
    std::size_t at_ = 0;
    std::size_t line_at_ = 0;
    std::size_t value_at_ = 0;
    std::size_t name_size_ = 0;
    bool odd_name_ = false;
    Phase phase_ = Phase::line;
    Fault fault_ = Fault::none;
};

}  // namespace ferrotunnel::http
