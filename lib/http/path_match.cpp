#include "http/path_match.hpp"

#include <algorithm>
#include <bit>

#include "base/limits.hpp"
#include "base/percent.hpp"

namespace ferrotunnel::http {
namespace {

// The kinds of bytes in a path.
enum class Is : std::uint8_t {
    plain,
    separator,  // '/'
    percent,
    semicolon,
    bad,
};

constexpr std::array<Is, 256> make_classes() {
    std::array<Is, 256> classes{};
    for (std::size_t c = 0; c < classes.size(); ++c) {
        classes[c] = c <= 0x20 || c >= 0x7f ? Is::bad : Is::plain;
    }
    classes['?'] = Is::bad;
    classes['#'] = Is::bad;
    classes['\\'] = Is::bad;
    classes['/'] = Is::separator;
    classes['%'] = Is::percent;
    classes[';'] = Is::semicolon;
    return classes;
}
constexpr std::array<Is, 256> classes = make_classes();

Is class_of(char c) noexcept {
    return classes[static_cast<unsigned char>(c)];
}

// Whether UTF-8 never has this byte. UTF-8 has one encoding of each character: longer ones begin with C0 or C1, or with
// E0 or F0 and a low second byte. F5 to FF never begin one.
bool is_never_utf8(int byte, std::string_view path, std::size_t next) noexcept {
    if (byte == 0xc0 || byte == 0xc1 || byte >= 0xf5) {
        return true;
    }
    if ((byte != 0xe0 && byte != 0xf0) || next >= path.size() || path[next] != '%') {
        return false;
    }
    const int second = percent_byte(path, next);
    return second >= 0x80 && second < (byte == 0xf0 ? 0x90 : 0xa0);
}

// One byte of a path in the form for comparing, however it was written.
struct Unit {
    unsigned char byte = 0;
    bool encoded = false;
    std::size_t size = 1;

    bool is_slash() const noexcept { return byte == '/' || byte == '\\'; }
    bool stays_encoded() const noexcept { return encoded && (is_slash() || byte == '%'); }
};

// The unit at `at` of a path that was checked.
Unit unit_at(std::string_view path, std::size_t at) noexcept {
    if (path[at] != '%') {
        return {static_cast<unsigned char>(path[at]), false, 1};
    }
    return {static_cast<unsigned char>(percent_byte(path, at)), true, 3};
}

PathFault check_escape(std::string_view path, std::size_t at) noexcept {
    const int byte = percent_byte(path, at);
    if (byte < 0) {
        return PathFault::bad_escape;
    }
    if (byte < 0x20 || byte == 0x7f) {
        return PathFault::encoded_control;
    }
    return is_never_utf8(byte, path, at + 3) ? PathFault::overlong_encoding : PathFault::none;
}

// Composes one reading, segment by segment. The written text always begins with '/', and segment_ is the place after a
// '/'.
class ReadingWriter {
public:
    ReadingWriter(std::uint8_t actions, PathBuffer& to) noexcept : actions_(actions), to_(to) { to_[size_++] = '/'; }

    void write(std::string_view path) noexcept {
        for (std::size_t at = 1; at < path.size();) {
            const Unit unit = unit_at(path, at);
            const bool separates = unit.is_slash() && (!unit.encoded || acts(odd_encoded_slash));
            if (separates) {
                add_separator();
                cut_ = false;
            } else if (unit.byte == ';' && acts(odd_parameters)) {
                cut_ = true;
            } else if (!cut_) {
                add(unit);
            }
            at += unit.size;
        }
    }

    std::string_view text() const noexcept { return {to_.data(), size_}; }

private:
    bool acts(PathOddity oddity) const noexcept { return (actions_ & oddity) != 0; }

    void add(const Unit& unit) noexcept {
        if (!unit.stays_encoded()) {
            to_[size_++] = static_cast<char>(unit.byte);
            return;
        }
        to_[size_++] = '%';
        to_[size_++] = unit.byte == '\\' ? '5' : '2';
        to_[size_++] = unit.byte == '\\' ? 'C' : unit.byte == '/' ? 'F' : '5';
    }

    void add_separator() noexcept {
        const bool empty = size_ == segment_;
        if (!(empty && acts(odd_empty_segments))) {
            to_[size_++] = '/';
            segment_ = size_;
        }
    }

    std::uint8_t actions_;
    PathBuffer& to_;
    std::size_t size_ = 0;
    std::size_t segment_ = 1;
    bool cut_ = false;  // the rest of the segment is left out
};

// Whether a ".." has nothing to remove. Only for paths whose dot segments are plain.
bool leaves_root(std::string_view path) noexcept {
    std::size_t depth = 0;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        if (segment == "..") {
            if (depth == 0) {
                return true;
            }
            --depth;
        } else if (segment != ".") {
            ++depth;
        }
        at = end + 1;
    }
    return false;
}

}  // namespace

std::string_view describe(PathFault fault) noexcept {
    switch (fault) {
        case PathFault::none:
            return "is a path";
        case PathFault::not_absolute:
            return "does not begin with '/'";
        case PathFault::too_long:
            static_assert(limits::http_target_max == 8192);
            return "is longer than 8192 bytes";
        case PathFault::bad_byte:
            return "has a control character, a space, '?', '#', a backslash or a byte beyond ASCII that is not "
                   "percent-encoded";
        case PathFault::bad_escape:
            return "has a '%' without two hexadecimal digits after it";
        case PathFault::encoded_control:
            return "has an encoded control character";
        case PathFault::overlong_encoding:
            return "has an encoded byte that UTF-8 never has (%C0, %C1, %F5 to %FF), or an overlong UTF-8 encoding";
        case PathFault::encoded_dots:
            return "has an encoded dot segment, like %2e%2e";
        case PathFault::mixed:
            return "has dot segments together with '//', an encoded slash or ';', or an encoded slash together with "
                   "';'; programs do not agree on what that means";
        case PathFault::above_root:
            return "leads out of the root with '..'";
        case PathFault::not_canonical:
            return "has dot segments, or a percent-encoded letter, digit, '-', '.', '_' or '~'";
        case PathFault::too_long_to_match:
            static_assert(limits::http_path_regex_path_max == 2048);
            return "is longer than 2048 bytes, and its host has rules with regular expressions";
    }
    return "is not a path";
}

PathFault PathReadings::assign(std::string_view path) noexcept {
    path_ = path;
    oddities_ = 0;
    escaped_ = false;
    escaped_unreserved_ = false;
    encoded_dots_ = false;
    if (path.empty() || path[0] != '/') {
        return PathFault::not_absolute;
    }
    if (path.size() > limits::http_target_max) {
        return PathFault::too_long;
    }
    bool look_closer = false;
    for (std::size_t at = 0; at < path.size(); ++at) {
        switch (class_of(path[at])) {
            case Is::plain:
                break;
            case Is::separator: {
                const char next = at + 1 < path.size() ? path[at + 1] : '\0';
                look_closer |= next == '/' || next == '.';
                break;
            }
            case Is::percent:
                if (const PathFault fault = check_escape(path, at); fault != PathFault::none) {
                    return fault;
                }
                escaped_ = true;
                escaped_unreserved_ |= is_unreserved(static_cast<char>(percent_byte(path, at)));
                look_closer = true;
                break;
            case Is::semicolon:
                look_closer = true;
                break;
            case Is::bad:
                return PathFault::bad_byte;
        }
    }
    if (look_closer) {
        find_oddities();
    }
    return judge();
}

// Searches the segments between slashes of any kind for oddities, in each up to a ';'.
void PathReadings::find_oddities() noexcept {
    std::size_t length = 0;  // of the current segment, in units
    bool dots = true;        // the segment has only dots
    bool encoded = false;    // at least one of them was encoded
    bool cut = false;        // a ';' was seen in the segment
    const auto end_segment = [&](bool last) {
        if (length == 0 && !last) {
            oddities_ |= odd_empty_segments;
        }
        if (dots && (length == 1 || length == 2)) {
            oddities_ |= odd_dot_segments;
            encoded_dots_ |= encoded;
        }
        length = 0;
        dots = true;
        encoded = false;
        cut = false;
    };
    for (std::size_t at = 1; at < path_.size();) {
        const Unit unit = unit_at(path_, at);
        at += unit.size;
        if (unit.is_slash()) {
            oddities_ |= unit.encoded ? odd_encoded_slash : 0;
            end_segment(false);
        } else if (unit.byte == ';') {
            oddities_ |= odd_parameters;
            cut = true;
        } else if (!cut) {
            ++length;
            dots &= unit.byte == '.';
            encoded |= unit.encoded;
        }
    }
    end_segment(true);
}

PathFault PathReadings::judge() const noexcept {
    const bool dots = (oddities_ & odd_dot_segments) != 0;
    if (encoded_dots_) {
        return PathFault::encoded_dots;
    }
    constexpr std::uint8_t slash_and_parameters = odd_encoded_slash | odd_parameters;
    if ((dots && oddities_ != odd_dot_segments) || (oddities_ & slash_and_parameters) == slash_and_parameters) {
        return PathFault::mixed;
    }
    if (dots && leaves_root(path_)) {
        return PathFault::above_root;
    }
    return dots || escaped_unreserved_ ? PathFault::not_canonical : PathFault::none;
}

std::size_t PathReadings::count() const noexcept {
    return std::size_t{1} << std::popcount(oddities_);
}

std::uint8_t PathReadings::actions_of(std::size_t which) const noexcept {
    unsigned actions = 0;
    unsigned rest = oddities_;
    for (; rest != 0; rest &= rest - 1, which >>= 1) {
        actions |= (which & 1) != 0 ? rest & -rest : 0;
    }
    return static_cast<std::uint8_t>(actions);
}

std::string_view PathReadings::reading(std::size_t which, PathBuffer& buffer) const noexcept {
    const std::uint8_t actions = actions_of(which);
    if (actions == 0 && !escaped_) {
        return path_;
    }
    ReadingWriter writer(actions, buffer);
    writer.write(path_);
    return writer.text();
}

std::string PathReadings::describe_reading(std::size_t which) const {
    const std::uint8_t actions = actions_of(which);
    std::string words;
    const auto add = [&](PathOddity oddity, std::string_view text) {
        if ((actions & oddity) != 0) {
            words += words.empty() ? "" : ", ";
            words += text;
        }
    };
    add(odd_empty_segments, "merges '//'");
    add(odd_encoded_slash, "reads %2F as a slash");
    add(odd_parameters, "cuts off ';'");
    return words.empty() ? "takes it literally" : words;
}

}  // namespace ferrotunnel::http
