// XML and HTML.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "http/field_name.hpp"
#include "inspect/search.hpp"

namespace ferrotunnel::inspect {
namespace {

constexpr std::string_view markup_blanks = " \t\r\n";

std::string_view local_name(std::string_view name) noexcept {
    return name.substr(name.rfind(':') + 1);
}
bool is_name_of_names(std::string_view name) noexcept {
    return http::same_text(name, "name") || http::same_text(name, "key");
}
bool is_name_of_values(std::string_view name) noexcept {
    return http::same_text(name, "value") || http::same_text(name, "content");
}

// The value of a secret that <name> or <key> has named: the next element, and elements called <value> after that, up to
// the end of the element around them.
class AwaitedValue {
public:
    // An element has named a secret or something else. A name further within belongs to other values.
    void begin(bool is_secret) noexcept {
        is_next_ = is_secret;
        if (!is_awaited_ && is_secret) {
            is_awaited_ = true;
            depth_ = 1;
        } else if (depth_ == 1) {
            is_awaited_ = is_secret;
        }
    }
    void begin_element() noexcept { ++depth_; }
    void end_element() noexcept {
        is_awaited_ = is_awaited_ && depth_ > 0;
        depth_ -= depth_ > 0 ? 1U : 0U;
    }
    // Whether the element that has begun is the value.
    bool takes(std::string_view name) noexcept {
        return std::exchange(is_next_, false) || (is_awaited_ && is_name_of_values(name));
    }

private:
    bool is_awaited_ = false;
    bool is_next_ = false;
    std::size_t depth_ = 0;  // of elements, in the one around the name
};

class MarkupSearch {
public:
    MarkupSearch(Findings& findings, Range range, bool is_html, const Secrets& secrets)
        : findings_(findings),
          secrets_(secrets),
          text_(findings.text().substr(0, range.end)),
          at_(range.begin),
          is_html_(is_html) {}

    void run() {
        while (at_ < text_.size()) {
            const std::size_t before = at_;
            const std::size_t tag = text_.find('<', at_);
            take_text(at_, std::min(tag, text_.size()));
            at_ = std::min(tag, text_.size());
            if (at_ < text_.size()) {
                take_markup();
            }
            check(at_ > before, "each step of a search of markup advances");
        }
    }

private:
    struct Tag {
        std::string_view name;
        bool is_closed = false;        // <name/>
        bool says_secret = false;      // an attribute names a secret: <input name="password" value="x">
        std::optional<Range> value{};  // of such an element
        std::optional<Range> key{};    // an attribute that is a name or a secret
    };

    void take_text(std::size_t begin, std::size_t end) {
        if (is_html_) {
            search_names(findings_, {begin, end}, false, secrets_);
        } else {
            findings_.add_wrapped(begin, end, Wrapping::markup);
        }
    }

    void take_markup() {
        const std::string_view rest = text_.substr(at_);
        if (rest.starts_with("<![CDATA[")) {
            const std::size_t end = std::min(text_.find("]]>", at_), text_.size());
            findings_.add_wrapped(std::min(at_ + 9, end), end, Wrapping::none);
            at_ = end;
        } else if (rest.starts_with("<!") || rest.starts_with("<?") || rest.starts_with("</")) {
            if (rest.starts_with("</")) {
                awaited_.end_element();
            }
            at_ = behind(at_);
        } else {
            take_element();
        }
    }

    // The place after something that begins here and is not an element.
    std::size_t behind(std::size_t begin) const noexcept {
        const std::string_view rest = text_.substr(begin);
        const std::string_view end = rest.starts_with("<!--") ? "-->" : rest.starts_with("<![CDATA[") ? "]]>" : ">";
        const std::size_t found = text_.find(end, begin);
        return found == std::string_view::npos ? text_.size() : found + end.size();
    }

    void take_element() {
        const Tag tag = take_tag();
        if (is_html_) {
            take_content_of_html(tag);
            return;
        }
        if (tag.is_closed) {
            return;
        }
        awaited_.begin_element();
        const std::size_t content = at_;
        const std::size_t next = std::min(text_.find('<', content), text_.size());
        const std::string_view written = text_.substr(content, next - content);
        std::string name = awaited_.takes(local_name(tag.name)) ? "value" : "";
        if (name.empty() && is_name_of_names(local_name(tag.name)) && written != mask && names_next(next)) {
            awaited_.begin(names_secret(written, secrets_));
        } else if (secrets_.hides(local_name(tag.name), written)) {
            name = tag.name;
        } else if (name.empty() && !tag.value) {
            name = tag.says_secret ? "value" : "";
        }
        if (!name.empty()) {
            at_ = content_end(content);
            findings_.add_secret(content, at_, std::move(name));
        }
    }

    // A program has '<' that begin nothing. The content of a field is its value.
    void take_content_of_html(const Tag& tag) {
        const auto is = [&](std::string_view name) { return http::same_text(tag.name, name); };
        const bool is_value = tag.says_secret && (is("textarea") || is("output"));
        if (!is_value && !is("script") && !is("style")) {
            return;
        }
        const std::size_t begin = at_;
        at_ = end_tag(begin, tag.name);
        if (is_value) {
            findings_.add_secret(begin, at_, "value");
        } else if (is("script")) {
            take_text(begin, at_);
        }
    }

    std::size_t end_tag(std::size_t place, std::string_view element) const noexcept {
        place = text_.find("</", place);
        while (place < text_.size() && !http::same_text(text_.substr(place + 2, element.size()), element)) {
            place = text_.find("</", place + 2);
        }
        return std::min(place, text_.size());
    }

    // <key>password</key> <string>x</string>: whether another element follows the one whose end begins here.
    bool names_next(std::size_t end) const noexcept {
        if (!text_.substr(end).starts_with("</")) {
            return false;
        }
        const std::size_t next = text_.find_first_not_of(markup_blanks, behind(end));
        const std::string_view rest = text_.substr(std::min(next, text_.size()));
        return rest.size() > 1 && rest.starts_with('<') && !rest.starts_with("</");
    }

    Tag take_tag() {
        Tag tag;
        const std::size_t begin = at_ + 1;
        at_ = std::min(text_.find_first_of(" \t\r\n/>", begin), text_.size());
        tag.name = text_.substr(begin, at_ - begin);
        while (at_ < text_.size() && text_[at_] != '>') {
            const bool is_slash = text_[at_] == '/';
            tag.is_closed = is_slash;
            if (is_slash || markup_blanks.find(text_[at_]) != std::string_view::npos) {
                ++at_;
            } else {
                take_attribute(tag);
            }
        }
        const bool is_cut = at_ == text_.size();
        at_ += is_cut ? 0U : 1U;
        if (tag.value && (tag.says_secret || is_cut)) {
            findings_.add_secret(tag.value->begin, tag.value->end, "value");
        } else if (tag.key && !tag.value) {
            findings_.add_secret(tag.key->begin, tag.key->end, "key");
        }
        return tag;
    }

    void take_attribute(Tag& tag) {
        const std::size_t begin = at_;
        at_ = std::min(text_.find_first_of("= \t\r\n/>", begin + 1), text_.size());
        const std::string_view name = text_.substr(begin, at_ - begin);
        const std::size_t equals = text_.find_first_not_of(markup_blanks, at_);
        if (equals == std::string_view::npos || text_[equals] != '=') {
            return;
        }
        const Range value = take_attribute_value(equals + 1);
        const std::string_view written = text_.substr(value.begin, value.end - value.begin);
        const bool is_secret = secrets_.hides(local_name(name), written);
        const bool is_password = is_html_ && http::same_text(name, "type") && http::same_text(written, "password");
        if (is_name_of_names(name) || is_password) {
            tag.says_secret = tag.says_secret || names_secret(written, secrets_);
            tag.key = is_secret ? std::optional(value) : tag.key;
        } else if (is_secret) {
            findings_.add_secret(value.begin, value.end, std::string(name));
        } else {
            tag.value = is_name_of_values(name) ? std::optional(value) : tag.value;
            findings_.add_wrapped(value.begin, value.end, Wrapping::markup);
        }
    }

    Range take_attribute_value(std::size_t behind_equals) {
        std::size_t begin = std::min(text_.find_first_not_of(markup_blanks, behind_equals), text_.size());
        const char quote = begin < text_.size() ? text_[begin] : '\0';
        if (quote == '"' || quote == '\'') {
            const std::size_t end = std::min(text_.find(quote, begin + 1), text_.size());
            at_ = std::min(end + 1, text_.size());
            return {begin + 1, end};
        }
        at_ = std::min(text_.find_first_of(" \t\r\n>", begin), text_.size());
        return {begin, at_};
    }

    // Where the end tag of the element begins whose content begins here.
    std::size_t content_end(std::size_t place) const {
        for (std::size_t depth = 0; place < text_.size();) {
            place = std::min(text_.find('<', place), text_.size());
            const std::string_view rest = text_.substr(place);
            if (rest.starts_with("</") && depth == 0) {
                return place;
            }
            const std::size_t end = behind(place);
            const bool opens = !rest.starts_with("<!") && !rest.starts_with("<?") && !rest.starts_with("</");
            const bool is_closed = end >= 2 && text_.substr(0, end).ends_with("/>");
            depth += opens && !is_closed ? 1U : 0U;
            depth -= rest.starts_with("</") ? 1U : 0U;
            place = end;
        }
        return text_.size();
    }

    Findings& findings_;
    const Secrets& secrets_;
    const std::string_view text_;
    std::size_t at_;
    const bool is_html_;
    AwaitedValue awaited_;
};

}  // namespace

void search_markup(Findings& findings, Range range, bool is_html, const Secrets& secrets) {
    MarkupSearch(findings, range, is_html, secrets).run();
}

}  // namespace ferrotunnel::inspect
