#include "http/chunked.hpp"

#include <algorithm>
#include <cstring>

#include "base/hex.hpp"
#include "http/characters.hpp"

namespace ferrotunnel::http {

// The bytes are kept here, since they may arrive in many pieces while fields are views into one.
struct ChunkedDecoder::Trailers {
    std::string text;
    FieldReader reader{HeadLimits{limits::http_trailers_max, limits::http_trailers_max, limits::http_fields_max, 0}};
    Fields all;
    Fields kept;
};

void ChunkedDecoder::DeleteTrailers::operator()(Trailers* trailers) const noexcept {
    delete trailers;
}

namespace {

// Whether a trailer is dropped. Fields that frame, route, authenticate or forward a message, or describe its body,
// would arrive too late in a trailer section, or bypass checks: all that the edge knows by name, and those that caches
// and conditions use.
bool is_forbidden(const Field& field) {
    if (field.known != FieldName::other || field.alias) {
        return true;
    }
    const auto is = [&](std::string_view name) { return same_name_loosely(field.name, name); };
    const auto begins = [&](std::string_view start) {
        return field.name.size() >= start.size() && same_name_loosely(field.name.substr(0, start.size()), start);
    };
    return is("Cache-Control") || is("Pragma") || is("Expires") || is("Age") || is("Vary") || begins("If-") ||
           begins("X-FerroTunnel-");
}

Fault as_trailer_fault(Fault fault) {
    switch (fault) {
        case Fault::line_too_long:
        case Fault::head_too_long:
        case Fault::too_many_fields:
            return Fault::trailers_too_long;
        default:
            return Fault::bad_trailer;
    }
}

}  // namespace

const Fields& ChunkedDecoder::trailers() const noexcept {
    static const Fields none{};
    return trailers_ ? trailers_->kept : none;
}

void ChunkedDecoder::refuse(Fault fault) noexcept {
    fault_ = fault;
    state_ = BodyState::refused;
}

ChunkedDecoder::Piece ChunkedDecoder::next(std::string_view input) {
    Piece piece;
    while (state_ == BodyState::more && piece.consumed < input.size()) {
        if (phase_ != Phase::data) {
            piece.consumed += read_framing(input.substr(piece.consumed));
            continue;
        }
        if (piece.payload_size != 0) {
            break;
        }
        const std::uint64_t here = std::min<std::uint64_t>(left_, input.size() - piece.consumed);
        piece.payload_at = piece.consumed;
        piece.payload_size = static_cast<std::size_t>(here);
        piece.consumed += piece.payload_size;
        left_ -= here;
        if (left_ == 0) {
            phase_ = Phase::data_return;
        }
    }
    return piece;
}

std::size_t ChunkedDecoder::read_framing(std::string_view input) {
    if (phase_ == Phase::trailers_start && input.front() != '\r') {
        trailers_.reset(new Trailers);
        trailers_->reader.begin(0);
        phase_ = Phase::trailers;
    }
    if (phase_ == Phase::trailers) {
        return read_trailers(input);
    }
    const Fault fault = read_byte(input.front());
    if (fault != Fault::none) {
        refuse(fault);
    }
    return 1;
}

Fault ChunkedDecoder::read_byte(char byte) noexcept {
    const auto expect = [&](char wanted, Phase next) {
        phase_ = next;
        return byte == wanted ? Fault::none : Fault::bad_chunk_end;
    };
    switch (phase_) {
        case Phase::size:
            return read_size(byte);
        case Phase::extension:
            return read_extension(byte);
        case Phase::size_line_feed:
            return expect('\n', left_ == 0 ? Phase::trailers_start : Phase::data);
        case Phase::data_return:
            return expect('\r', Phase::data_line_feed);
        case Phase::data_line_feed:
            digits_ = 0;
            return expect('\n', Phase::size);
        case Phase::trailers_start:
            return expect('\r', Phase::last_line_feed);
        case Phase::last_line_feed:
            state_ = BodyState::complete;
            return expect('\n', Phase::last_line_feed);
        case Phase::data:
        case Phase::trailers:
            break;
    }
    return Fault::none;
}

Fault ChunkedDecoder::read_size(char byte) noexcept {
    const int value = hex_value(byte);
    if (value >= 0) {
        if (digits_ == limits::http_chunk_size_digits_max || left_ >> 59 != 0) {  // this digit makes it 2^63 or more
            return Fault::bad_chunk_size;
        }
        left_ = left_ << 4 | static_cast<std::uint64_t>(value);
        ++digits_;
        return Fault::none;
    }
    if (digits_ == 0) {
        return Fault::bad_chunk_size;
    }
    if (byte == ';' || is_blank(byte)) {
        phase_ = Phase::extension;
        extension_ = Extension::before;
        return read_extension(byte);
    }
    return byte == '\r' || byte == '\n' ? end_of_size_line(byte) : Fault::bad_chunk_size;
}

Fault ChunkedDecoder::end_of_size_line(char byte) noexcept {
    phase_ = Phase::size_line_feed;
    return byte == '\r' ? Fault::none : Fault::bad_chunk_end;
}

Fault ChunkedDecoder::start_extension(char byte) noexcept {
    if (byte == ';') {
        extension_ = Extension::name_start;
        return Fault::none;
    }
    return is_blank(byte) ? Fault::none : Fault::bad_chunk_extension;
}

Fault ChunkedDecoder::read_extension_name(char byte) noexcept {
    if (detail::is_of(byte, detail::class_token)) {
        // "a b" is neither one name nor two.
        const bool first = extension_ == Extension::name_start;
        const bool goes_on = extension_ == Extension::name;
        extension_ = Extension::name;
        return first || goes_on ? Fault::none : Fault::bad_chunk_extension;
    }
    if (extension_ == Extension::name_start) {
        return is_blank(byte) ? Fault::none : Fault::bad_chunk_extension;
    }
    if (byte == '=') {
        extension_ = Extension::value_start;
        return Fault::none;
    }
    if (extension_ == Extension::name && (byte == '\r' || byte == '\n')) {
        return end_of_size_line(byte);
    }
    extension_ = Extension::name_end;
    return start_extension(byte);
}

Fault ChunkedDecoder::read_extension(char byte) noexcept {
    if (byte != '\r' && ++extension_bytes_ > limits::http_chunk_extensions_max) {
        return Fault::chunk_extensions_too_long;
    }
    const bool token = detail::is_of(byte, detail::class_token);
    switch (extension_) {
        case Extension::before:
            return start_extension(byte);
        case Extension::name_start:
        case Extension::name:
        case Extension::name_end:
            return read_extension_name(byte);
        case Extension::value_start:
            if (byte == '"' || token) {
                extension_ = token ? Extension::token : Extension::quoted;
                return Fault::none;
            }
            return is_blank(byte) ? Fault::none : Fault::bad_chunk_extension;
        case Extension::token:
            if (token) {
                return Fault::none;
            }
            break;
        case Extension::quoted:
            if (byte == '"' || byte == '\\') {
                extension_ = byte == '"' ? Extension::value_end : Extension::escaped;
                return Fault::none;
            }
            return detail::is_of(byte, detail::class_value) ? Fault::none : Fault::bad_chunk_extension;
        case Extension::escaped:
            extension_ = Extension::quoted;
            return detail::is_of(byte, detail::class_value) ? Fault::none : Fault::bad_chunk_extension;
        case Extension::value_end:
            break;
    }
    // The byte follows a value.
    if (byte == '\r' || byte == '\n') {
        return end_of_size_line(byte);
    }
    extension_ = is_blank(byte) ? Extension::before : extension_;
    return start_extension(byte);
}

std::size_t ChunkedDecoder::read_trailers(std::string_view input) {
    Trailers& section = *trailers_;
    const std::size_t before = section.text.size();
    section.text.append(input.substr(0, limits::http_trailers_max - before));
    const ParseState read = section.reader.read(section.text, section.all);
    if (read == ParseState::refused) {
        refuse(as_trailer_fault(section.reader.fault()));
        return input.size();
    }
    if (read == ParseState::more) {
        return section.text.size() - before;
    }
    section.kept.rebase(section.text.data());
    for (std::size_t i = 0; i < section.all.size(); ++i) {
        if (!is_forbidden(section.all[i])) {
            section.kept.add(section.all.place(i));
        }
    }
    state_ = BodyState::complete;
    return section.reader.at() - before;
}

ChunkHead::ChunkHead(std::uint64_t size) noexcept : at_(room - chunk_end.size()) {
    std::memcpy(text_.data() + at_, chunk_end.data(), chunk_end.size());
    do {
        text_[--at_] = "0123456789abcdef"[size & 0xf];
        size >>= 4;
    } while (size != 0);
}

}  // namespace ferrotunnel::http
