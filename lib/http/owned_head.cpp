#include "http/owned_head.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::http {
namespace {

// The begin and end of field lines in the bytes that they point to.
std::pair<std::uint32_t, std::uint32_t> lines_of(const Fields& fields) {
    std::uint32_t begin = UINT32_MAX;
    std::uint32_t end = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const Fields::Place& place = fields.place(i);
        begin = std::min(begin, place.name_at);
        end = std::max({end, place.name_at + place.name_size, place.value_at + place.value_size});
    }
    return {std::min(begin, end), end};
}

// Whether `text` points into `whole`.
bool is_within(std::string_view text, std::string_view whole) noexcept {
    return text.data() >= whole.data() && text.data() + text.size() <= whole.data() + whole.size();
}

}  // namespace

OwnedHead::OwnedHead(const RequestHead& head)
    : body_(head.body),
      port_(head.authority.port),
      method_(head.method),
      form_(head.target.form),
      host_kind_(head.authority.kind),
      version_(head.version),
      https_(head.target.https),
      keep_alive_(head.keep_alive),
      expects_continue_(head.expects_continue),
      accepts_trailers_(head.accepts_trailers),
      upgrade_(head.upgrade) {
    const auto [begin, end] = lines_of(head.fields);
    const std::size_t own_path = is_within(head.target.path, head.target.whole) ? 0 : head.target.path.size();
    texts_.reserve(end - begin + head.method_text.size() + head.target.whole.size() + own_path +
                   head.authority_text.size());
    keep_fields(head.fields, begin, end);
    method_text_ = keep(head.method_text);
    target_ = keep(head.target.whole);
    path_ = keep_within(head.target.path, head.target.whole, target_);
    query_ = keep_within(head.target.query, head.target.whole, target_);
    authority_text_ = keep(head.authority_text);
    authority_host_ = keep_within(head.authority.host, head.authority_text, authority_text_);
}

// All lines in one piece: there is little between names and values, and copying each of them takes longer.
void OwnedHead::keep_fields(const Fields& fields, std::uint32_t begin, std::uint32_t end) {
    if (fields.empty()) {
        return;
    }
    texts_.append(fields.base() + begin, end - begin);
    places_.reserve(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
        Fields::Place place = fields.place(i);
        place.name_at -= begin;
        place.value_at -= begin;
        places_.push_back(place);
    }
}

OwnedHead::Part OwnedHead::keep(std::string_view text) {
    const Part part{static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())};
    texts_ += text;
    return part;
}

// Keeps a text that is usually a part of `whole`, which is already kept.
OwnedHead::Part OwnedHead::keep_within(std::string_view text, std::string_view whole, Part kept) {
    if (!is_within(text, whole) || text.empty()) {
        return keep(text);
    }
    return {kept.at + static_cast<std::uint32_t>(text.data() - whole.data()), static_cast<std::uint32_t>(text.size())};
}

Field OwnedHead::field(std::size_t i) const noexcept {
    return Fields::field_at(places_[i], texts_.data());
}

void OwnedHead::restore(RequestHead& head) const noexcept {
    head.method = method_;
    head.method_text = method();
    head.target = {form_, text(target_), path(), query(), https_};
    head.version = version_;
    head.authority = {text(authority_host_), port_, host_kind_};
    head.authority_text = text(authority_text_);
    head.fields.clear();
    head.fields.rebase(texts_.data());
    for (const Fields::Place& place : places_) {
        head.fields.add(place);
    }
    head.body = body_;
    head.keep_alive = keep_alive_;
    head.expects_continue = expects_continue_;
    head.accepts_trailers = accepts_trailers_;
    head.upgrade = upgrade_;
}

}  // namespace ferrotunnel::http
