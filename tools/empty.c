/* SPDX-License-Identifier: Apache-2.0 */
/* An empty program: the build links each floor into it with only the floors below. */
int main(void)
{
    return 0;
}
