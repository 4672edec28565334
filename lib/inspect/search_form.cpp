// Forms, URLs, and forms of several parts.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "inspect/search.hpp"

namespace ferrotunnel::inspect {
namespace {

// A part extends from one boundary to the next one, with its fields and the empty line after them.
void search_part(Findings& findings, Range part, bool is_last, const Secrets& secrets) {
    const std::string_view text = findings.text().substr(part.begin, part.end - part.begin);
    const std::size_t content = text.find("\r\n\r\n");
    if (content == std::string_view::npos) {
        return;
    }
    const std::string_view head = text.substr(0, content);
    std::string_view value = text.substr(content + 4);
    value.remove_suffix(!is_last && value.ends_with("\r\n") ? 2 : 0);
    const std::size_t begin = part.begin + content + 4;
    const std::size_t end = begin + value.size();
    const std::string name(parameter_of(head, "name"));
    if (secrets.hides_parameter(name, value)) {
        findings.add_secret(begin, end, name);
    } else if (value.find('\0') == std::string_view::npos) {  // otherwise it is a file
        findings.add_wrapped(begin, end, Wrapping::none);
    }
}

// ";name=value" in a path, up to the next of them or the end of the segment.
void search_path(Findings& findings, Range range, const Secrets& secrets) {
    const std::string_view text = findings.text().substr(0, range.end);
    for (std::size_t at = text.find(';', range.begin); at < text.size(); at = text.find(';', at)) {
        const std::size_t end = std::min(text.find_first_of(";/", ++at), text.size());
        const std::size_t equals = text.substr(at, end - at).find('=');
        if (equals == std::string_view::npos) {
            continue;
        }
        const std::size_t value = at + equals + 1;
        const std::string name = unwrapped(text.substr(at, equals), Wrapping::percent);
        if (secrets.hides_parameter(name, text.substr(value, end - value))) {
            findings.add_secret(value, end, name);
        } else {
            findings.add_wrapped(value, end, Wrapping::percent);
        }
    }
}

}  // namespace

void search_form(Findings& findings, Range range, const Secrets& secrets) {
    const std::string_view text = findings.text().substr(0, range.end);
    for (std::size_t at = range.begin; at < text.size();) {
        const std::size_t end = std::min(text.find('&', at), text.size());
        const std::string_view pair = text.substr(at, end - at);
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::size_t value = std::min(at + equals + 1, end);
        const std::string name = unwrapped(pair.substr(0, equals), Wrapping::percent);
        if (equals < pair.size() && secrets.hides_parameter(name, text.substr(value, end - value))) {
            findings.add_secret(value, end, name);
        } else {
            // A value without a name is searched as a whole: "?{...}" and "?/x?token=y" are queries, too.
            findings.add_wrapped(equals < pair.size() ? value : at, end, Wrapping::percent);
        }
        at = end + 1;
    }
}

void search_url(Findings& findings, Range range, const Secrets& secrets) {
    const std::string_view text = findings.text().substr(0, range.end);
    const std::size_t fragment = std::min(text.find('#', range.begin), text.size());
    const std::size_t query = std::min(text.find('?', range.begin), fragment);
    std::size_t path = range.begin;
    if (const std::size_t scheme = text.find("://", path); scheme < text.find('/', path)) {
        path = std::min(text.find_first_of("/?#", scheme + 3), text.size());
        const std::size_t sign = text.substr(scheme + 3, path - scheme - 3).rfind('@');
        if (sign != std::string_view::npos && secrets.are_hidden()) {
            findings.add_secret(scheme + 3, scheme + 3 + sign, "user");
        }
    }
    search_path(findings, {path, query}, secrets);
    search_form(findings, {std::min(query + 1, fragment), fragment}, secrets);
    // Responses to a browser also carry secrets in the fragment ("#access_token=...").
    search_form(findings, {std::min(fragment + 1, text.size()), text.size()}, secrets);
}

void search_parts(Findings& findings, Range range, std::string_view boundary, const Secrets& secrets) {
    const std::string_view text = findings.text().substr(0, range.end);
    const std::string line = "--" + std::string(boundary);
    for (std::size_t at = range.begin; at < text.size();) {
        const std::size_t next = text.find(line, at + 1);
        const std::size_t end = std::min(next, text.size());
        search_part(findings, {at, end}, next == std::string_view::npos, secrets);
        at = end;
    }
}

}  // namespace ferrotunnel::inspect
