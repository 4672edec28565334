# cmake -DOUTPUT=file.cpp -DFILES="path=source;..." -P embed.cmake: the files of the dashboard as a table in C++.
# Types go by what paths end in.
set(arrays "")
set(rows "")
set(number 0)
foreach(entry IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${entry}")
  set(path ${CMAKE_MATCH_1})
  set(source ${CMAKE_MATCH_2})
  if(path MATCHES "\\.js$")
    set(type "text/javascript; charset=utf-8")
  elseif(path MATCHES "\\.css$")
    set(type "text/css; charset=utf-8")
  elseif(path MATCHES "\\.svg$")
    set(type "image/svg+xml")
  elseif(path MATCHES "\\.txt$")
    set(type "text/plain; charset=utf-8")
  else()
    set(type "text/html; charset=utf-8")
  endif()
  file(READ ${source} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "constexpr unsigned char file_${number}[]{${bytes}};\n")
  string(APPEND rows "    row(\"${path}\", \"${type}\", file_${number}),\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Made by cmake/embed.cmake of lib/admin/web.
#include \"admin/web_file.hpp\"

namespace ferrotunnel::admin {
namespace {

${arrays}
template <unsigned long size>
WebFile row(std::string_view path, std::string_view type, const unsigned char (&bytes)[size]) noexcept {
    return {path, type, {reinterpret_cast<const char*>(bytes), size}};
}

const WebFile files[]{
${rows}};

}  // namespace

const WebFile* web_file(std::string_view path) noexcept {
    for (const WebFile& file : files) {
        if (file.path == path) {
            return &file;
        }
    }
    return nullptr;
}

}  // namespace ferrotunnel::admin
")
