/** What a name or a message may hold that comes from outside, and must not do anything where it is shown. */
export const hostile = [
  '| a | b |\n|---|---|\n# heading',
  '<img src=x onerror=alert(1)><script>alert(1)</script><!-- -->',
  '@octocat and @org/team, see #12, GH-34, org/repo#5',
  '[click](javascript:alert(1)) ![i](http://evil.example/x.png) <http://evil.example> http://evil.example www.evil.example',
  '`code` **bold** _it_ ~~gone~~ $x^2$ </details></table> &lt;b&gt; \\| \\',
  '\u001b[31mred\u0000\u0007 \ud800 ]]> \ufffe',
].join(' ')
